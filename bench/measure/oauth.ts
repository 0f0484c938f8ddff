import { startBare, startGateOauth } from '../peers/index.ts'
import { conclude } from '../report/index.ts'
import { CONNECTIONS, type Measurement, startPeers } from './measurement.ts'
import { figuresOf, foreignIn, ratiosTo, runRounds } from './rounds.ts'

/** What the gate forwards on one core for clients that people signed in to: tokens that it has seen before. */
export const oauth: Measurement = {
  ids: ['gateway.oauth'],
  async run(rig, effort) {
    const peers = await startPeers(rig, [startBare('collected', 'bare'), startGateOauth], effort)
    const samples = await runRounds(effort.rounds, peers, ({ target }, warmUp) =>
      rig.load.burst({ kind: 'closed', target, connections: CONNECTIONS, warmUp, seconds: effort.seconds }),
    )
    return [
      conclude({
        id: 'gateway.oauth',
        unit: 'req/s',
        runs: (samples.get('gate') ?? []).map(({ rate }) => rate),
        ratios: ratiosTo(samples, 'gate'),
        foreign: foreignIn(samples, 'gate', 'bare'),
        goal: { peer: 'bare', min: 0.75 },
        peers: figuresOf(samples),
      }),
    ]
  },
}
