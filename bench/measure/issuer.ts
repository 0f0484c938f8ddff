import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { RefreshJob } from '../issuer/load.ts'
import type { Burst, Outcome } from '../load/job.ts'
import { type Child, freePort, PEER_CORE, RIG_CORE, startNode } from '../process/index.ts'
import { conclude } from '../report/index.ts'
import type { Rig } from '../rig.ts'
import type { Measurement } from './measurement.ts'
import { figuresOf, foreignIn, ratiosTo, runRounds } from './rounds.ts'

/** Clients that refresh at the same time, each in a chain of its own. */
const CHAINS = 16
const FEW = 100
const MANY = 100_000

interface TokenPeer {
  readonly name: string
  readonly pid: number
  readonly port: number
  readonly clientId: string
  readonly tokens: readonly string[]
}

/**
 * The token endpoint on SQLite, against the engine by itself with everything in memory, and with a hundred thousand live
 * grants in the file. better-auth and workers-oauth-provider have their places here once they can be installed.
 */
export const issuer: Measurement = {
  ids: ['issuer.refresh', 'issuer.grants-100k'],
  async run(rig, effort) {
    const ours = (name: string, grants: number) => (port: number) =>
      start(rig, name, port, 'bench/issuer/ours.ts', [join(rig.folder, `${name}.db`), String(grants), String(CHAINS)])
    const peers = [
      await ours('issuer', FEW)(await freePort()),
      await start(rig, 'oidc-provider', await freePort(), 'bench/issuer/bare.ts', [String(FEW), String(CHAINS)]),
      await ours('issuer-100k', MANY)(await freePort()),
    ]
    const load = rig.adopt(startNode(RIG_CORE, 'bench/issuer/load.ts'))
    const samples = await runRounds(effort.rounds, peers, ({ port, clientId, tokens }, warmUp) =>
      ask(load, { port, clientId, tokens, warmUp, seconds: effort.seconds }),
    )
    const figures = figuresOf(samples)
    const runsOf = (name: string) => samples.get(name)?.map(({ rate }) => rate) ?? []
    return [
      conclude({
        ...{ id: 'issuer.refresh', unit: 'req/s', runs: runsOf('issuer'), ratios: ratiosTo(samples, 'issuer') },
        foreign: foreignIn(samples, 'issuer', 'oidc-provider'),
        goal: { peer: 'oidc-provider', min: 0.45 },
        peers: figures,
      }),
      conclude({
        ...{ id: 'issuer.grants-100k', unit: 'req/s', runs: runsOf('issuer-100k') },
        ratios: ratiosTo(samples, 'issuer-100k'),
        foreign: foreignIn(samples, 'issuer', 'issuer-100k'),
        goal: { peer: 'issuer', min: 0.9 },
      }),
    ]
  },
}

async function start(
  rig: Rig,
  name: string,
  port: number,
  source: string,
  args: readonly string[],
): Promise<TokenPeer> {
  const child = rig.adopt(startNode(PEER_CORE, source, [String(port), ...args]))
  return { name, pid: child.pid, port, ...JSON.parse(await firstLine(child)) }
}

/** What a peer says when it serves. */
async function firstLine(child: Child): Promise<string> {
  const { stdout } = child.process
  if (stdout === null) throw new Error('it has no stdout')
  for await (const line of createInterface({ input: stdout })) return line
  throw new Error(`it ended: ${child.complaints()}`)
}

function ask(load: Child, job: RefreshJob): Promise<Burst> {
  return new Promise((resolve, reject) => {
    const ended = (): void => reject(new Error(`the load generator ended: ${load.complaints()}`))
    load.process.once('exit', ended)
    load.process.once('message', (outcome: Outcome) => {
      load.process.off('exit', ended)
      if (outcome.kind === 'burst') resolve(outcome)
      else reject(new Error(outcome.kind === 'wrong' ? outcome.what : 'another outcome'))
    })
    load.process.send(job)
  })
}
