import { asPeer, configureGate, createKey, serve } from '../peers/index.ts'
import { openFileLimit, residentMegabytes } from '../process/index.ts'
import { conclude, unmeasured } from '../report/index.ts'
import type { Measurement } from './measurement.ts'

const STREAMS = 9000
const BEYOND = 100
/** Each stream is a socket towards the caller and one towards the upstream; the rest is for files and listeners. */
const DESCRIPTORS = 2 * STREAMS + 1000

/** What many open event streams cost, and that whoever comes when the gate is full is told so. */
export const streams: Measurement = {
  ids: ['gateway.streams', 'gateway.streams.beyond'],
  async run(rig) {
    const limit = openFileLimit()
    if (limit < DESCRIPTORS) {
      const skipped = `needs \`ulimit -n ${DESCRIPTORS}\`, which is ${limit} here`
      return this.ids.map((id) => unmeasured(id, { skipped }))
    }
    const home = await configureGate(rig, 'gate', { connections: STREAMS })
    const keys = await rig.writeKeys('gate.key', [await createKey(rig, home)])
    const running = await serve(rig, home)
    const { target } = asPeer(home, running, keys)
    const held = await rig.load.hold({ kind: 'streams', target, count: STREAMS })
    if (held.open < STREAMS) throw new Error(`of ${STREAMS} streams only ${JSON.stringify(held)}`)
    const resident = residentMegabytes(running.child.pid)
    const more = await rig.load.hold({ kind: 'streams', target, count: BEYOND })
    const unheard = BEYOND - (more.refused['503'] ?? 0)
    return [
      conclude({ id: 'gateway.streams', unit: 'MB', runs: [resident], goal: { max: 600 } }),
      conclude({
        id: 'gateway.streams.beyond',
        unit: 'callers beyond capacity without a 503',
        runs: [unheard],
        goal: { max: 0 },
      }),
    ]
  },
}
