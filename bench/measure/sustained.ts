import { startBare, startGate } from '../peers/index.ts'
import { conclude } from '../report/index.ts'
import { CONNECTIONS, type Measurement, startPeers } from './measurement.ts'
import { figuresOf, ratiosTo, runRounds } from './rounds.ts'

/** Long enough that a gate which puts work off has to do it under load. */
const SECONDS = 20
const ROUNDS = 2

/** What is left of the gate's speed when the load does not end. Without a goal: it tells what the short bursts hide. */
export const sustained: Measurement = {
  ids: ['gateway.sustained'],
  async run(rig, effort) {
    const peers = await startPeers(rig, [startBare('collected', 'bare'), startGate], effort)
    const samples = await runRounds(ROUNDS, peers, ({ target }, warmUp) =>
      rig.load.burst({ kind: 'closed', target, connections: CONNECTIONS, warmUp, seconds: SECONDS }),
    )
    const runs = samples.get('gate')?.map(({ rate }) => rate) ?? []
    const ratios = ratiosTo(samples, 'gate')
    return [conclude({ id: 'gateway.sustained', unit: 'req/s', runs, ratios, goal: null, peers: figuresOf(samples) })]
  },
}
