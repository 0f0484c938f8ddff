import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Burst } from '../load/job.ts'
import type { Peer } from '../peers/index.ts'
import { ask, type Child, freePort, PEER_CORE, RIG_CORE, startNode, untilAnswers } from '../process/index.ts'
import type { Rig } from '../rig.ts'
import type { SignJob } from './issuer.ts'
import type { CheckJob } from './serve.ts'

/** A process that checks credentials, and has proven that it refuses those that are wrong. */
export interface Way extends Pick<Peer, 'name' | 'pid'> {
  burst(job: Exclude<CheckJob, { kind: 'prove' }>): Promise<Burst>
}

export async function startWay(rig: Rig, name: string, source: string, args: readonly string[]): Promise<Way> {
  const child = startChecks(rig, source, args)
  const proof: CheckJob = { kind: 'prove' }
  await ask(child, proof).catch((error: Error) => {
    throw new Error(`${name}: ${error.message}`)
  })
  return { name, pid: child.pid, burst: (job) => ask<Burst>(child, job) }
}

/** A process of this folder, on the core of what is measured. */
export function startChecks(rig: Rig, source: string, args: readonly string[]): Child {
  return rig.adopt(startNode(PEER_CORE, `bench/guard/${source}`, args))
}

/** An issuer that is up. */
export interface Issuer {
  /** The file that tells of it. */
  readonly material: string
  /** Makes a file of so many tokens that nobody has seen; it stays until the end. */
  sign(count: number): Promise<string>
  /** The same, for as long as they are used. */
  withFresh<T>(count: number, use: (file: string) => Promise<T>): Promise<T>
}

export async function startIssuer(rig: Rig): Promise<Issuer> {
  const port = await freePort()
  const material = join(rig.folder, 'material.json')
  const child = rig.adopt(startNode(RIG_CORE, 'bench/guard/issuer.ts', [String(port), material]))
  await untilAnswers(child, port)
  let files = 0
  const sign = async (count: number): Promise<string> => {
    const job: SignJob = { kind: 'sign', count, file: join(rig.folder, `tokens-${++files}`) }
    await ask(child, job)
    return job.file
  }
  return {
    material,
    sign,
    async withFresh(count, use) {
      const file = await sign(count)
      try {
        return await use(file)
      } finally {
        await rm(file)
      }
    },
  }
}

/** The SDK's server on `node:http`, on the core of what is measured. */
export async function startServer(rig: Rig, name: 'unprotected' | 'parsed' | 'guarded'): Promise<Peer> {
  const port = await freePort()
  const keys = join(rig.folder, `${name}.key`)
  const child = startChecks(rig, 'http.ts', [String(port), keys, name])
  await untilAnswers(child, port)
  return { name, pid: child.pid, target: { port, path: '/mcp', keys } }
}
