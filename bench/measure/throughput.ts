import {
  type Peer,
  proveThatItChecks,
  startBare,
  startDirect,
  startExpress,
  startGate,
  startLean,
  startNginx,
} from '../peers/index.ts'
import { conclude } from '../report/index.ts'
import { CONNECTIONS, type Measurement, startPeers } from './measurement.ts'
import { figuresOf, foreignIn, ratiosTo, runRounds } from './rounds.ts'

const PEERS = [startDirect, startNginx, startBare('collected', 'bare'), startLean, startExpress, startGate]

/** What the gate forwards on one core with an API key, and how long callers wait for it, against all peers. */
export const throughput: Measurement = {
  ids: ['gateway.api-key', 'gateway.api-key.vs-express', 'gateway.p99'],
  async run(rig, effort) {
    const started = await startPeers(rig, PEERS, effort)
    for (const peer of started) if (isGuarded(peer)) await proveThatItChecks(peer)
    const samples = await runRounds(effort.rounds, started, ({ target }, warmUp) =>
      rig.load.burst({ kind: 'closed', target, connections: CONNECTIONS, warmUp, seconds: effort.seconds }),
    )
    const gate = samples.get('gate') ?? []
    const ratios = ratiosTo(samples, 'gate')
    const peers = figuresOf(samples)
    const beside = foreignIn(samples, 'gate', 'express-sdk')
    const rate = { unit: 'req/s', runs: gate.map((run) => run.rate), ratios }
    return [
      conclude({
        id: 'gateway.api-key',
        ...rate,
        foreign: foreignIn(samples, 'gate', 'bare'),
        goal: { peer: 'bare', min: 0.8 },
        peers,
      }),
      conclude({ id: 'gateway.api-key.vs-express', ...rate, foreign: beside, goal: { peer: 'express-sdk', min: 4 } }),
      conclude({
        id: 'gateway.p99',
        unit: 'ms',
        runs: gate.map(({ p99 }) => p99 / 1000),
        // The other's median over our slowest hundredth: from 1 on, our bad calls are better than its usual ones.
        ratios: ratiosTo(samples, 'gate', (own, other) => other.p50 / own.p99),
        foreign: beside,
        goal: { peer: 'express-sdk', min: 1 },
      }),
    ]
  },
}

function isGuarded({ name }: Peer): boolean {
  return ['gate', 'lean', 'express-sdk'].includes(name)
}
