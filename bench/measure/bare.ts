import { startBare, WAYS } from '../peers/index.ts'
import { conclude } from '../report/index.ts'
import { CONNECTIONS, type Measurement, startPeers } from './measurement.ts'
import { figuresOf, ratiosTo, runRounds } from './rounds.ts'

/** Which way of forwarding is the quickest: that one is the peer `bare`, so that the gate has a strong one. */
export const bareWays: Measurement = {
  ids: ['bare.ways'],
  async run(rig, effort) {
    const peers = await startPeers(
      rig,
      WAYS.map((way) => startBare(way)),
      effort,
    )
    const samples = await runRounds(effort.rounds, peers, ({ target }, warmUp) =>
      rig.load.burst({ kind: 'closed', target, connections: CONNECTIONS, warmUp, seconds: effort.seconds }),
    )
    const [first] = WAYS
    const runs = samples.get(first)?.map(({ rate }) => rate) ?? []
    const ratios = ratiosTo(samples, first)
    return [conclude({ id: 'bare.ways', unit: 'req/s', runs, ratios, goal: null, peers: figuresOf(samples) })]
  },
}
