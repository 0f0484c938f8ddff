import { type Soaked, type SoakJob, startChecks, startIssuer, type WeighJob, type Weight } from '../guard/index.ts'
import { ask } from '../process/index.ts'
import { conclude } from '../report/index.ts'
import type { Measurement } from './measurement.ts'

const PROOFS = 10_000

/** What the guard holds of a token that it has seen. */
export const guardMemory: Measurement = {
  ids: ['guard.proof-memory'],
  async run(rig, { rounds }) {
    const issuer = await startIssuer(rig)
    const child = startChecks(rig, 'memory.ts', [issuer.material])
    const runs: number[] = []
    while (runs.length < rounds) {
      const weight = await issuer.withFresh(PROOFS, (file) =>
        ask<Weight>(child, { kind: 'weigh', file } satisfies WeighJob),
      )
      runs.push(weight.bytesPerProof)
    }
    return [conclude({ id: 'guard.proof-memory', unit: 'bytes per proof', runs, goal: { max: 500 } })]
  },
}

/** Whether it comes to hold more and more: keys, tokens seen and never seen, and refusals, for a minute or as told. */
export const guardSoak: Measurement = {
  ids: ['guard.soak'],
  async run(rig, { soakSeconds, say }) {
    const issuer = await startIssuer(rig)
    const child = startChecks(rig, 'soak.ts', [issuer.material])
    const { grown, checks } = await ask<Soaked>(child, { kind: 'soak', seconds: soakSeconds } satisfies SoakJob)
    say(`${checks} checks in ${soakSeconds} s`)
    return [conclude({ id: 'guard.soak', unit: 'MB more', runs: [grown], goal: { max: 3 } })]
  },
}
