/**
 * What a guard holds for each token that it has proven.
 *
 *   node bench/guard/memory.ts MATERIAL_FILE
 */
import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { guard, type McpGuard, oauth } from '@portcullis/auth'
import { answerJobs } from '../process/jobs.ts'
import { expect } from './burst.ts'
import { heldBytes } from './heap.ts'
import { readCredential, readMaterial, tokenMint } from './tokens.ts'
import { checkerOf } from './ways/gate.ts'

export interface WeighJob {
  readonly kind: 'weigh'
  /** Tokens that nobody has seen. */
  readonly file: string
}

export interface Weight {
  readonly kind: 'weight'
  readonly bytesPerProof: number
}

const material = readMaterial(process.argv[2])
const { resource, issuer, signingKey } = material
const mint = tokenMint(material, signingKey)

/** A guard that has its issuer's keys. */
async function openGate(): Promise<McpGuard> {
  const gate = guard({ resource, access: [oauth({ issuer })] })
  const { prepare, check } = checkerOf(gate)
  const { text, subject } = mint()
  expect(await check(prepare(text)), subject)
  return gate
}

/** Line by line, so that no token outlives its check. @returns how many were answered without a promise. */
async function checkAll(gate: McpGuard, file: string) {
  const { prepare, check } = checkerOf(gate)
  let [all, atOnce] = [0, 0]
  for await (const line of createInterface({ input: createReadStream(file, 'latin1') })) {
    const { text, subject } = readCredential(line)
    const found = check(prepare(text))
    expect(await found, subject)
    all++
    if (!(found instanceof Promise)) atOnce++
  }
  return { all, atOnce }
}

answerJobs(async ({ file }: WeighJob): Promise<Weight> => {
  // Once for nothing: code that is compiled, and what is made the first time, is no proof.
  await checkAll(await openGate(), file)
  const gate = await openGate()
  const before = await heldBytes()
  const { all } = await checkAll(gate, file)
  const after = await heldBytes()
  const { atOnce } = await checkAll(gate, file)
  if (atOnce !== all) throw new Error(`of ${all} proofs ${atOnce} were kept`)
  await gate.close()
  return { kind: 'weight', bytesPerProof: (after - before) / all }
})
