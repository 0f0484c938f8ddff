import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { guessed, unknown } from '../../guard/given.ts'
import type { Host } from '../hosts/stage.ts'
import { assertRefused, bearer, call, given, INVALID, inBytes, NONE, TWICE, textOf } from './given.ts'

const message = call('read_note', { note: 'a' })

export function credentials(host: Host): void {
  describe('a credential', () => {
    it('that is good lets its holder in, and the tool knows who it is', async (test) => {
      const here = await given(host, test)
      const key = await here.key()

      const answer = await here.ask({ headers: bearer(key), message })

      assert.equal(textOf(answer), `a for ${key.record.clientId}`)
      const [{ decision, outcome, status, name, peer } = {}, ...more] = here.requests()
      assert.deepEqual([decision, outcome, status, name, more], ['allowed', 'answered', 200, 'read_note', []])
      assert.equal(peer?.replace('::ffff:', ''), host.peer ?? '127.0.0.1')
    })

    it('is read whatever the case of field and scheme, and the white space around', async (test) => {
      const here = await given(host, test)
      const { secret } = await here.key()
      const spellings = [
        `authorization: bearer ${secret}`,
        `AUTHORIZATION:   BEARER   ${secret}  `,
        `x-Api-KEY:${secret}`,
      ]

      for (const spelling of spellings) {
        assert.equal((await here.raw(inBytes(host, [spelling], message)))?.status, 200, spelling)
      }
    })

    it('is needed, whatever is asked', async (test) => {
      const here = await given(host, test)

      for (const method of ['POST', 'GET', 'DELETE', 'PUT', 'PATCH', 'OPTIONS']) {
        const answer = await here.ask(method === 'GET' ? { method } : { method, message })
        assertRefused(here, answer, [401, 'key_missing', NONE])
      }
      const { status, headers } = await here.ask({ method: 'HEAD' })
      assert.deepEqual([status, headers['www-authenticate'], here.heard], [401, NONE, []])
    })

    it('that is malformed is refused', async (test) => {
      const here = await given(host, test)
      const { secret } = await here.key()
      const values = [
        ...['Bearer', 'Bearer x', `Bearer ${secret} ${secret}`, `Bearer\t${secret}`, `Bearer "${secret}"`, secret],
        ...[`Basic ${secret}`, `Bearer ${secret.slice(0, -1)}`, `Bearer ${secret.toUpperCase()}`],
        ...[`Bearer ${'a'.repeat(12_000)}`, `Bearer ${secret}=`, `Bearer ${secret.slice(0, 40)}.${secret.slice(41)}`],
      ]

      for (const authorization of values) {
        const answer = await here.ask({ headers: { authorization }, message })
        assertRefused(here, answer, [401, 'key_malformed', INVALID])
        assert.doesNotMatch(answer.text, new RegExp(secret))
      }
    })

    it('that is nobody’s, or somebody’s but for the secret, is refused in the same words', async (test) => {
      const here = await given(host, test)
      const wrong = [unknown(), guessed(await here.key()), (await here.key({ server: 'files' })).secret]

      const answers = await Promise.all(wrong.map((secret) => here.ask({ headers: bearer({ secret }), message })))

      for (const answer of answers) assertRefused(here, answer, [401, 'key_invalid', INVALID])
      assert.equal(new Set(answers.map(({ text }) => text)).size, 1)
    })

    it('of 64 kB does not come as far as a tool', async (test) => {
      const here = await given(host, test)

      const answer = await here.raw(inBytes(host, [`Authorization: Bearer ${'a'.repeat(65_536)}`], message))

      // Some frameworks’ servers cannot be told to take fields of any length.
      if (answer?.status === 431) assert.deepEqual(here.heard, [])
      else assertRefused(here, answer, [401, 'key_malformed', INVALID])
    })

    it('that is spelled with a space before the colon, or folded, opens nothing', async (test) => {
      const here = await given(host, test)
      const { secret } = await here.key()
      const spellings = [
        `Authorization : Bearer ${secret}`,
        `Authorization: Bearer\r\n ${secret}`,
        ` Authorization: Bearer ${secret}`,
      ]

      for (const spelling of spellings) {
        const answer = await here.raw(inBytes(host, [spelling], message))
        assert.ok(answer === undefined || [400, 401].includes(answer.status), spelling)
      }
      assert.deepEqual(here.heard, [])
    })

    it('comes once, or the request is nobody’s', async (test) => {
      const here = await given(host, test)
      const { secret } = await here.key()
      const own = [`Authorization: Bearer ${secret}`, `X-API-Key: ${secret}`]

      for (const line of own) {
        for (const doubled of [
          [line, line],
          [line, line.toLowerCase()],
          [line, `${line.split(':')[0]}: x`],
        ]) {
          const answer = await here.raw(inBytes(host, doubled, message))
          assertRefused(here, answer, [400, 'credential_repeated', TWICE])
        }
      }
    })

    it('that two fields tell differently is nobody’s; told alike it is good', async (test) => {
      const here = await given(host, test)
      const [one, other] = [await here.key(), await here.key()]

      const differing = await here.ask({ headers: { ...bearer(one), 'x-api-key': other.secret }, message })
      assertRefused(here, differing, [400, 'credentials_conflict', TWICE])
      const alike = await here.ask({ headers: { ...bearer(one), 'x-api-key': one.secret }, message })
      assert.equal(alike.status, 200)
    })

    it('in the query is refused, even beside a good one', async (test) => {
      const here = await given(host, test)
      const key = await here.key()
      const names = ['access_token', 'api_key', 'token', 'key', 'anything']

      for (const path of names.map((name) => `/mcp?${name}=${key.secret}`)) {
        assertRefused(here, await here.ask({ path, message }), [400, 'credential_in_query', TWICE])
        const beside = await here.ask({ path, headers: bearer(key), message })
        assertRefused(here, beside, [400, 'credential_in_query', TWICE])
      }
    })

    it('that was revoked fails on the next request', async (test) => {
      const here = await given(host, test)
      const key = await here.key()
      assert.equal((await here.ask({ headers: bearer(key), message })).status, 200)
      here.heard.length = 0

      await here.store.revoke(key.record.id, here.clock.now)

      assertRefused(here, await here.ask({ headers: bearer(key), message }), [401, 'key_revoked', INVALID])
    })

    it('that has expired fails from that second on', async (test) => {
      const here = await given(host, test)
      const key = await here.key({ expiresAt: here.clock.now + 60 })
      assert.equal((await here.ask({ headers: bearer(key), message })).status, 200)
      here.heard.length = 0

      here.clock.now += 60

      assertRefused(here, await here.ask({ headers: bearer(key), message }), [401, 'key_expired', INVALID])
    })

    it('counts, and not what somebody says of where they come from', async (test) => {
      const here = await given(host, test)
      const spoofed = {
        'x-forwarded-for': '10.0.0.1',
        'x-real-ip': '10.0.0.1',
        forwarded: 'for=10.0.0.1;host=evil.example;proto=https',
        'x-forwarded-host': 'evil.example',
        'x-forwarded-proto': 'https',
        'x-original-url': '/open',
        'x-http-method-override': 'GET',
      }

      const stranger = await here.ask({ headers: spoofed, message })
      assertRefused(here, stranger, [401, 'key_missing', NONE])
      const known = await here.ask({ headers: { ...spoofed, ...bearer(await here.key()) }, message })

      assert.equal(known.status, 200)
      assert.equal(here.requests()[0]?.peer.replace('::ffff:', ''), host.peer ?? '127.0.0.1')
    })
  })
}
