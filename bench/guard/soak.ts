/**
 * Whether a guard that works for long comes to hold more: checks of all kinds, one after the other.
 *
 *   node bench/guard/soak.ts MATERIAL_FILE
 */
import { generateKeyPairSync } from 'node:crypto'
import { apiKeys, guard, oauth } from '@portcullis/auth'
import { mintSecret } from '@portcullis/auth/protocol'
import { memoryCredentials } from '@portcullis/auth/store'
import { answerJobs } from '../process/jobs.ts'
import { expect } from './burst.ts'
import { heldBytes } from './heap.ts'
import { prove } from './serve.ts'
import { readMaterial, tokenMint, wrongTokens } from './tokens.ts'
import { checkerOf } from './ways/gate.ts'
import { issueKeys } from './ways/issued.ts'

export interface SoakJob {
  readonly kind: 'soak'
  readonly seconds: number
}

export interface Soaked {
  readonly kind: 'soaked'
  /** Of the last third over the first one, in megabytes. */
  readonly grown: number
  readonly checks: number
}

/** More tokens than the guard keeps proofs of: from then on each new one takes the place of an old one. */
const FILL = 50_000
const USUAL = 400
const FRESH = 20
/** How often it is looked at what is held. */
const LOOK_MS = 1000

const material = readMaterial(process.argv[2])
const { resource, issuer, signingKey } = material
const store = memoryCredentials()
const gate = guard({ resource, access: [apiKeys(store), oauth({ issuer })] })
const checker = checkerOf(gate)
const mint = tokenMint(material, signingKey)
const forge = tokenMint(material, generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey)
const usual = [...(await issueKeys(store, gate.name, USUAL)), ...Array.from({ length: USUAL }, () => mint())]
const refused = wrongTokens(material)

const fresh = (count: number) => Array.from({ length: count }, () => mint())

/** Everything that comes to a guard, some of it never seen before. @returns how many checks it was. */
async function lap(): Promise<number> {
  const strangers = [
    { what: 'a token signed by somebody else', text: forge().text },
    { what: 'a token for another audience', text: mint({ aud: 'https://elsewhere.example/mcp' }).text },
    { what: 'a key that nobody has issued', text: mintSecret('api-key').secret },
    ...refused,
  ]
  const good = [...usual, ...fresh(FRESH)]
  await prove(checker, good, strangers)
  return good.length + strangers.length
}

answerJobs(async ({ seconds }: SoakJob): Promise<Soaked> => {
  for (const { text, subject } of fresh(FILL)) expect(await checker.check(checker.prepare(text)), subject)
  const held: number[] = []
  let checks = 0
  const until = performance.now() + seconds * 1000
  for (let lookAt = 0; performance.now() < until; ) {
    checks += await lap()
    if (performance.now() < lookAt) continue
    held.push(await heldBytes())
    lookAt = performance.now() + LOOK_MS
  }
  const third = Math.ceil(held.length / 3)
  return { kind: 'soaked', grown: (mean(held.slice(-third)) - mean(held.slice(0, third))) / 1e6, checks }
})

function mean(figures: readonly number[]): number {
  return figures.reduce((sum, figure) => sum + figure, 0) / figures.length
}
