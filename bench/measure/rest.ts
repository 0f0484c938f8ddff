import { setTimeout as sleep } from 'node:timers/promises'
import { configureGate, createKey, type GateHome, OAUTH, serve } from '../peers/index.ts'
import { residentMegabytes } from '../process/index.ts'
import { conclude } from '../report/index.ts'
import type { Rig } from '../rig.ts'
import type { Measurement } from './measurement.ts'

const STARTS = 5

/** What a gate costs that nobody calls, and how soon after its start it answers; also one that signs people in. */
export const rest: Measurement = {
  ids: ['gateway.rest', 'gateway.rest.ready', 'gateway.rest.issuer', 'gateway.rest.issuer.ready'],
  async run(rig) {
    const home = await configureGate(rig, 'gate')
    await createKey(rig, home)
    const keys = await measure(rig, home)
    const people = await measure(rig, await configureGate(rig, 'issuer', OAUTH))
    return [
      conclude({ id: 'gateway.rest', unit: 'MB', runs: keys.resident, goal: { max: 110 } }),
      conclude({ id: 'gateway.rest.ready', unit: 's', runs: keys.ready, goal: { max: 1 } }),
      conclude({ id: 'gateway.rest.issuer', unit: 'MB', runs: people.resident, goal: { max: 160 } }),
      conclude({ id: 'gateway.rest.issuer.ready', unit: 's', runs: people.ready, goal: { max: 1 } }),
    ]
  },
}

async function measure(rig: Rig, home: GateHome) {
  const ready: number[] = []
  const resident: number[] = []
  for (let start = 0; start < STARTS; start++) {
    const { child, readySeconds } = await serve(rig, home)
    await sleep(5000)
    ready.push(readySeconds)
    resident.push(residentMegabytes(child.pid))
    await rig.dismiss(child)
  }
  return { ready, resident }
}
