import { setTimeout as sleep } from 'node:timers/promises'
import { configureGate, createKey, serve } from '../peers/index.ts'
import { residentMegabytes } from '../process/index.ts'
import { conclude } from '../report/index.ts'
import type { Measurement } from './measurement.ts'

const STARTS = 5

/** What a gate costs that nobody calls, and how soon after its start it answers. */
export const rest: Measurement = {
  ids: ['gateway.rest', 'gateway.rest.ready'],
  async run(rig) {
    const home = await configureGate(rig, 'gate')
    await createKey(rig, home)
    const ready: number[] = []
    const resident: number[] = []
    for (let start = 0; start < STARTS; start++) {
      const { child, readySeconds } = await serve(rig, home)
      await sleep(5000)
      ready.push(readySeconds)
      resident.push(residentMegabytes(child.pid))
      await rig.dismiss(child)
    }
    return [
      conclude({ id: 'gateway.rest', unit: 'MB', runs: resident, goal: { max: 110 } }),
      conclude({ id: 'gateway.rest.ready', unit: 's', runs: ready, goal: { max: 1 } }),
    ]
  },
}
