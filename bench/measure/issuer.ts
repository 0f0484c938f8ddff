import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Said } from '../issuer/flow.ts'
import type { TokenJob } from '../issuer/load.ts'
import type { Burst } from '../load/job.ts'
import { installPeers } from '../peers/index.ts'
import { ask, type Child, freePort, PEER_CORE, RIG_CORE, startNode } from '../process/index.ts'
import { conclude, type Result, unmeasured } from '../report/index.ts'
import type { Rig } from '../rig.ts'
import type { Effort, Measurement } from './measurement.ts'
import { figuresOf, foreignIn, ratiosTo, runRounds, type Samples } from './rounds.ts'

/** Clients that refresh, or sign in, at the same time. */
const CHAINS = 16
const FEW = 100
const MANY = 100_000

interface TokenPeer {
  readonly name: string
  readonly pid: number
  readonly port: number
  readonly said: Said
}

type Kind = TokenJob['kind']

/**
 * The token endpoint on SQLite, and code flows of people who are signed in and have said yes before, against the engine
 * by itself with everything in memory and against what others offer; and with a hundred thousand live grants in the file.
 */
export const issuer: Measurement = {
  ids: ['issuer.refresh', 'issuer.refresh-better-auth', 'issuer.grants-100k', 'issuer.code-flow'],
  async run(rig, effort) {
    const ours = await startOurs(rig, 'issuer', FEW)
    const many = await startOurs(rig, 'issuer-100k', MANY)
    const bare = await start(rig, 'oidc-provider', 'bare.ts', [String(FEW), String(CHAINS)])
    const { others, absent } = await startOthers(rig, effort)
    const load = rig.adopt(startNode(RIG_CORE, 'bench/issuer/load.ts'))
    const measure = (kind: Kind, peers: readonly TokenPeer[]) =>
      runRounds(effort.rounds, peers, ({ port, said }, warmUp) =>
        ask<Burst>(load, { kind, port, said, warmUp, seconds: effort.seconds } satisfies TokenJob),
      )
    const refreshes = await measure('refresh', [ours, bare, many, ...others])
    const flows = await measure('code-flow', [ours, bare, ...others])
    const against = (id: string, samples: Samples): Result =>
      absent === undefined ? resultOf(id, samples, 'issuer', 'better-auth', 4) : unmeasured(id, { skipped: absent })
    return [
      resultOf('issuer.refresh', refreshes, 'issuer', 'oidc-provider', 0.45),
      against('issuer.refresh-better-auth', refreshes),
      resultOf('issuer.grants-100k', refreshes, 'issuer-100k', 'issuer', 0.9),
      against('issuer.code-flow', flows),
    ]
  },
}

/** What `name` does, held against one peer; the figures of all of them stand beside it. */
function resultOf(id: string, samples: Samples, name: string, peer: string, min: number): Result {
  return conclude({
    ...{ id, unit: id === 'issuer.code-flow' ? 'flows/s' : 'req/s', goal: { peer, min }, peers: figuresOf(samples) },
    runs: samples.get(name)?.map(({ rate }) => rate) ?? [],
    ratios: ratiosTo(samples, name),
    foreign: foreignIn(samples, name, peer),
  })
}

function startOurs(rig: Rig, name: string, grants: number): Promise<TokenPeer> {
  return start(rig, name, 'ours.ts', [join(rig.folder, `${name}.db`), String(grants), String(CHAINS)])
}

async function startOthers(rig: Rig, { say }: Effort) {
  const absent = installPeers('bench/issuer/peers')
  if (absent !== undefined) {
    say(`without better-auth and workers-oauth-provider: ${absent}`)
    return { others: [], absent: `better-auth is not there: ${absent}` }
  }
  const database = join(rig.folder, 'better-auth.db')
  const others = [
    await start(rig, 'better-auth', 'peers/better-auth.ts', [database, String(CHAINS)]),
    await start(rig, 'workers-oauth-provider, shimmed', 'peers/workers.ts', [String(CHAINS)]),
  ]
  return { others, absent }
}

async function start(rig: Rig, name: string, source: string, args: readonly string[]): Promise<TokenPeer> {
  const port = await freePort()
  const child = rig.adopt(startNode(PEER_CORE, `bench/issuer/${source}`, [String(port), ...args]))
  return { name, pid: child.pid, port, said: await saidBy(child) }
}

/** What a peer says when it serves; what else it prints before that is passed over. */
async function saidBy(child: Child): Promise<Said> {
  const { stdout } = child.process
  if (stdout === null) throw new Error('it has no stdout')
  for await (const line of createInterface({ input: stdout })) if (line.startsWith('{')) return JSON.parse(line)
  throw new Error(`it ended: ${child.complaints()}`)
}
