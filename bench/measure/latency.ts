import { startBare, startDirect, startGate } from '../peers/index.ts'
import { conclude } from '../report/index.ts'
import { CONNECTIONS, type Measurement, startPeers } from './measurement.ts'
import { figuresOf, foreignIn, ratiosTo, runRounds } from './rounds.ts'

/** How much later an answer comes because of the gate, at half of what the gate can do. */
export const addedLatency: Measurement = {
  ids: ['gateway.added-latency'],
  async run(rig, effort) {
    const peers = await startPeers(rig, [startDirect, startBare('collected', 'bare'), startGate], effort)
    const gate = peers.find(({ name }) => name === 'gate')
    if (gate === undefined) throw new Error('the gate is missing')
    const common = { connections: CONNECTIONS, seconds: effort.seconds }
    const capacity = await rig.load.burst({ kind: 'closed', target: gate.target, warmUp: 2, ...common })
    const rate = capacity.rate / 2
    const samples = await runRounds(effort.rounds, peers, ({ target }, warmUp) =>
      rig.load.burst({ kind: 'open', target, rate, warmUp, ...common }),
    )
    const direct = samples.get('direct') ?? []
    const added = samples.get('gate')?.map(({ p50 }, turn) => (p50 - (direct[turn]?.p50 ?? 0)) / 1000) ?? []
    return [
      conclude({
        id: 'gateway.added-latency',
        unit: 'ms',
        runs: added,
        ratios: ratiosTo(samples, 'gate', (own, other) => other.p50 / own.p50),
        foreign: foreignIn(samples, 'gate', 'direct'),
        goal: { max: 0.3 },
        peers: figuresOf(samples),
      }),
    ]
  },
}
