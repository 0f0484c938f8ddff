import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { describe, it } from 'node:test'
import { runChecks } from '../guard/burst.ts'
import type { Checker, Found } from '../guard/checker.ts'
import { prove } from '../guard/serve.ts'
import { KID, type Material, tokenMint, wrongTokens } from '../guard/tokens.ts'

const SPAN = { warmUp: 0.02, seconds: 0.1 }
const ADA = { request: 'key of ada', subject: 'ada' }

const always =
  <T>(value: T) =>
  () =>
    value

function givenChecker(check: (credential: string) => Found | Promise<Found>): Checker<string> {
  return { prepare: (credential) => credential, check }
}

describe('a burst of checks', () => {
  it('has a rate where each answer names the right holder, at once or later', async () => {
    const atOnce = await runChecks({ check: always('ada') }, always(ADA), SPAN)
    const later = await runChecks({ check: async () => 'ada' }, always(ADA), SPAN)

    for (const { rate, answers } of [atOnce, later]) assert.ok(rate > 1000 && answers > 100, `${rate} ${answers}`)
  })

  it('has none where one good credential is refused, or taken for another', async () => {
    const forgets = (wrong: Found) => {
      let asked = 0
      return { check: () => (++asked === 50 ? wrong : 'ada') }
    }

    await assert.rejects(runChecks(forgets(undefined), always(ADA), SPAN), /of ada was refused/)
    await assert.rejects(runChecks(forgets('eve'), always(ADA), SPAN), /of ada was taken for one of eve/)
  })

  it('lets the event loop turn, so that what a checker puts off is done', async () => {
    let turns = 0
    const check = (): Found => {
      if (turns === 0) setImmediate(() => turns++)
      return 'ada'
    }

    await runChecks({ check }, always(ADA), SPAN)

    assert.ok(turns > 0)
  })

  it('ends when the credentials are used up, each asked about once', async () => {
    const seen: string[] = []
    const cases = Array.from({ length: 5000 }, (_, at) => ({ request: `key ${at}`, subject: 'ada' }))
    const check = async (request: string) => {
      seen.push(request)
      return 'ada'
    }

    const { answers } = await runChecks({ check }, () => cases.shift(), { warmUp: 0, seconds: 60 })

    assert.equal(answers, 5000)
    assert.equal(new Set(seen).size, seen.length)
  })

  it('has no rate when they are used up before it was warm', async () => {
    const cases = [ADA, ADA]

    await assert.rejects(
      runChecks({ check: always('ada') }, () => cases.shift(), SPAN),
      /used up/,
    )
  })
})

describe('a checker', () => {
  const good = [{ text: 'good', subject: 'ada' }]
  const wrong = [{ text: 'bad', what: 'a bad key' }]

  it('is measured when it lets in whom it must and nobody else', async () => {
    const checker = givenChecker((credential) => (credential === 'good' ? 'ada' : undefined))

    await prove(checker, good, wrong)
  })

  it('is not when it lets somebody in, or refuses a good one', async () => {
    await assert.rejects(prove(givenChecker(always('ada')), good, wrong), /a bad key was let in as ada/)
    await assert.rejects(prove(givenChecker(always(undefined)), good, wrong), /of ada was refused/)
  })
})

it('makes tokens that differ, and wrong ones that are wrong in one thing each', () => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const signingKey = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  const material: Material = { issuer: 'https://i', jwksUri: '', resource: 'https://r/mcp', jwk: {}, signingKey }
  const read = (token: string) => token.split('.').map((part) => Buffer.from(part, 'base64url').toString())

  const mint = tokenMint(material, signingKey)
  const [one, other] = [mint(), mint()]
  const [header = '', payload = ''] = read(one.text)

  assert.deepEqual(JSON.parse(header), { alg: 'ES256', kid: KID, typ: 'at+jwt' })
  assert.equal(JSON.parse(payload).sub, one.subject)
  assert.notEqual(one.subject, other.subject)
  const [, aud, iss, exp] = wrongTokens(material).map(({ text }) => JSON.parse(read(text)[1] || '{}'))
  assert.notEqual(aud.aud, 'https://r/mcp')
  assert.notEqual(iss.iss, 'https://i')
  assert.ok(exp.exp < Date.now() / 1000)
})
