import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { DatabaseSync } from 'node:sqlite'
import { it } from 'node:test'
import { openIssuer } from '../../src/index.ts'
import { startIssuer, storesOn } from '../given.ts'
import { givenPublic, headerOf } from '../party.ts'

it('tokens go on through a rotation, and every process publishes the new key and signs with it', async (t) => {
  // Given an issuer and a client with tokens
  t.mock.timers.enable({ apis: ['setInterval'] })
  let later = 0
  const running = await startIssuer({ now: () => Math.floor(Date.now() / 1000) + later })
  const { issuer } = running
  /** Until the timer's work, which is not waited for, has been done. */
  const look = async () => {
    t.mock.timers.tick(5000)
    for (let turn = 0; turn < 20; turn++) await new Promise((done) => setImmediate(done))
  }
  try {
    const client = await givenPublic(running)
    const before = await client.tokens()

    // When the key is rotated by someone else, at once
    later = 2
    const kid = await issuer.signingKeys.rotate('at_once')
    await look()

    // Then the key set has both, the new one signs, and the old token still counts
    const published = await (await fetch(client.at('jwks'))).json()
    const { keys } = published as { readonly keys: readonly { readonly kid: string }[] }
    assert.deepEqual(
      keys.map((key) => key.kid),
      [kid, headerOf(before.access_token).kid],
    )
    assert.deepEqual(JSON.parse(issuer.keySet()), published)
    const { status, body } = await client.refresh(before.refresh_token)
    assert.equal(status, 200)
    assert.equal(headerOf(body.access_token as string).kid, kid)
    assert.notEqual(await issuer.signingKeys.verify(before.access_token), undefined)
  } finally {
    await running.close()
  }
})

it('a rotation in less than two days is a mistake', async () => {
  const stores = storesOn(new DatabaseSync(':memory:'))
  const options = { issuer: 'https://gate.example', resources: [], stores, sealingKey: randomBytes(32) }

  await assert.rejects(openIssuer({ ...options, rotateSigningKeysAfter: 86_400 }), /at least 2 days/)
})
