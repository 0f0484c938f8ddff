import assert from 'node:assert/strict'
import type { IncomingMessage } from 'node:http'
import { describe, it } from 'node:test'
import type { Host } from '../hosts/stage.ts'
import { until } from './bodies.ts'
import { bearer, call, type Given, given } from './given.ts'
import { send } from './wire.ts'

/** What is allowed until a stream ends with its key, in milliseconds; more than the 250 that are promised, for machines that are busy. */
const SOON = 400

export function streams(host: Host): void {
  describe('a stream', () => {
    it('ends with the key behind it', async (test) => {
      const here = await given(host, test)
      const key = await here.key()
      const { response, ended } = await givenStream(here, bearer(key))

      const at = performance.now()
      await here.store.revoke(key.record.id, here.clock.now)
      await ended

      assert.ok(performance.now() - at < SOON, `${performance.now() - at} ms`)
      assert.equal(response.complete, false)
      await until(() => here.requests().length > 0)
      assert.deepEqual(
        here.requests().map(({ outcome, reason }) => [outcome, reason]),
        [['left', 'credential_ended']],
      )
    })

    it('ends when the key behind it expires', async (test) => {
      const here = await given(host, test)
      const { ended } = await givenStream(here, bearer(await here.key({ expiresAt: here.clock.now + 60 })))

      const at = performance.now()
      here.clock.now += 60
      await ended

      assert.ok(performance.now() - at < SOON, `${performance.now() - at} ms`)
    })

    it('of another key stays, and comes to its end', async (test) => {
      const here = await given(host, test)
      const other = await here.key()
      const { response, ended, read } = await givenStream(here, bearer(await here.key()))

      await here.store.revoke(other.record.id, here.clock.now)
      await new Promise((resolve) => setTimeout(resolve, 250))
      here.raise()
      await ended

      assert.equal(response.complete, true)
      assert.match(read(), /"ended"/)
      await until(() => here.requests().length > 0)
      assert.deepEqual(
        here.requests().map(({ outcome, status }) => [outcome, status]),
        [['answered', 200]],
      )
    })

    it('whose caller leaves is recorded so', async (test) => {
      const here = await given(host, test)
      const { response } = await givenStream(here, bearer(await here.key()))

      response.destroy()

      await until(() => here.requests().length > 0)
      assert.deepEqual(
        here.requests().map(({ outcome, reason }) => [outcome, reason]),
        [['left', undefined]],
      )
    })
  })
}

/** A call whose answer has begun and does not end by itself. */
async function givenStream(here: Given, headers: { authorization: string }) {
  const response: IncomingMessage = await send(here.port, { headers, message: call('watch_note') })
  assert.equal(response.headers['content-type']?.split(';')[0], 'text/event-stream')
  let text = ''
  const ended = new Promise<void>((resolve) => {
    response.on('error', () => {})
    response.on('close', () => resolve())
  })
  await new Promise<void>((resolve) => {
    response.on('data', (chunk) => {
      text += String(chunk)
      if (text.includes('begun')) resolve()
    })
  })
  return { response, ended, read: () => text }
}
