import assert from 'node:assert/strict'
import { generateKeyPairSync, type KeyObject, randomUUID, sign } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import { type RunningIssuer, startIssuer } from '../given.ts'
import { givenPublic, Party } from '../party.ts'

const toText = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url')

describe('clients that sign who they are (RFC 7523)', () => {
  let running: RunningIssuer
  let client: Party
  let key: KeyObject
  before(async () => {
    running = await startIssuer()
    const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    key = pair.privateKey
    const { id } = await givenPublic(running, {
      token_endpoint_auth_method: 'private_key_jwt',
      jwks: { keys: [{ ...pair.publicKey.export({ format: 'jwk' }), kid: 'k', alg: 'ES256', use: 'sig' }] },
    })
    client = new Party(running, id)
  })
  after(() => running.close())

  const assertion = (facts: object = {}): Record<string, string> => {
    const now = Math.floor(Date.now() / 1000)
    const claims = {
      iss: client.id,
      sub: client.id,
      aud: running.url,
      exp: now + 60,
      iat: now,
      jti: randomUUID(),
      ...facts,
    }
    const signed = `${toText({ alg: 'ES256', kid: 'k' })}.${toText(claims)}`
    const signature = sign('sha256', Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')
    return {
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: `${signed}.${signature}`,
    }
  }
  const ask = (facts: object) => client.ask('introspect', { token: 'x', ...assertion(facts) })

  it('say it to this issuer alone, and for a short time (AS-73)', async () => {
    assert.equal((await ask({})).status, 200)
    assert.equal((await ask({ aud: client.at('token') })).status, 200)

    for (const facts of [
      { aud: 'https://other.example' },
      { aud: client.at('introspect') },
      { aud: [running.url, 'https://other.example'] },
      { exp: Math.floor(Date.now() / 1000) + 86_400 },
      { exp: Math.floor(Date.now() / 1000) - 60 },
      { iss: 'other' },
      { jti: undefined },
    ]) {
      const { status, body } = await ask(facts)
      assert.deepEqual([status, body.error], [401, 'invalid_client'], JSON.stringify(facts))
    }
  })

  it('say it once: of eight requests at once with one assertion one is answered', async () => {
    const proof = assertion()

    const answers = await Promise.all(
      Array.from({ length: 8 }, () => client.ask('introspect', { token: 'x', ...proof })),
    )

    assert.equal(answers.filter(({ status }) => status === 200).length, 1)
    assert.equal(answers.filter(({ status }) => status === 401).length, 7)
  })

  it('know no grace for refresh tokens', async () => {
    const { code, verifier } = await client.code()
    const { body } = await client.redeem({ code, verifier }, assertion())
    const token = body.refresh_token as string
    const successor = await client.refresh(token, assertion())

    assert.equal((await client.refresh(token, assertion())).status, 400)
    assert.equal((await client.refresh(successor.body.refresh_token as string, assertion())).status, 400)
  })
})
