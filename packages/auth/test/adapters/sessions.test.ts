import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { rotate } from '../../src/keys/index.ts'
import { sessionsFetch, sessionsHono, sessionsV1, sessionsV2 } from './hosts/sessions.ts'
import { assertRefused, bearer, call, type Given, given, INVALID, textOf } from './suite/given.ts'
import { send } from './suite/wire.ts'

const INITIALIZE = {
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'suite', version: '1' } },
}
const NOBODYS = '00000000-0000-4000-8000-000000000000'

for (const host of [sessionsV1, sessionsV2, sessionsFetch, sessionsHono]) {
  describe(host.name, () => {
    it('serve whoever opened them', async (test) => {
      const here = await given(host, test)
      const key = await here.key()
      const session = await opened(here, key)

      const answer = await here.ask({
        headers: { ...bearer(key), ...session },
        message: call('read_note', { note: 'a' }),
      })

      assert.equal(textOf(answer), `a for ${key.record.clientId}`)
    })

    it('are not there for anybody else, as those that never were', async (test) => {
      const here = await given(host, test)
      const session = await opened(here, await here.key())
      const other = bearer(await here.key())
      const asked = [
        { message: call('read_note') },
        { message: INITIALIZE },
        { message: { jsonrpc: '2.0', method: 'notifications/initialized' } },
        { message: { jsonrpc: '2.0', id: 1, result: {} } },
        { method: 'GET' },
        { method: 'DELETE' },
      ]

      for (const each of asked) {
        const [foreign, unknown] = await Promise.all(
          [session, { 'mcp-session-id': NOBODYS }].map((id) => here.ask({ ...each, headers: { ...other, ...id } })),
        )
        assertRefused(here, foreign, [404, -32600])
        assert.equal(foreign?.text, unknown?.text)
      }
    })

    it('are not opened by two ids at once', async (test) => {
      const here = await given(host, test)
      const key = bearer(await here.key())
      const session = await opened(here, await here.key())
      const own = await opened(here, { secret: key.authorization.slice('Bearer '.length) })
      const both = [own['mcp-session-id'], session['mcp-session-id']]

      const answer = await here.ask({ headers: { ...key, 'mcp-session-id': both }, message: call('read_note') })

      assertRefused(here, answer, [404, -32600])
    })

    it('end when their owner says so, and not when another does', async (test) => {
      const here = await given(host, test)
      const headers = bearer(await here.key())
      const session = await opened(here, { secret: headers.authorization.slice('Bearer '.length) })
      const own = { ...headers, ...session }

      const foreign = await here.ask({ method: 'DELETE', headers: { ...bearer(await here.key()), ...session } })
      assert.equal(foreign.status, 404)
      assert.equal((await here.ask({ headers: own, message: call('read_note') })).status, 200)
      here.heard.length = 0
      assert.equal((await here.ask({ method: 'DELETE', headers: own })).status, 200)

      assertRefused(here, await here.ask({ headers: own, message: call('read_note') }), [404, -32600])
    })

    it('need their owner’s credential on each request', async (test) => {
      const here = await given(host, test)
      const key = await here.key()
      const session = await opened(here, key)

      assert.equal((await here.ask({ headers: session, message: call('read_note') })).status, 401)
      await here.store.revoke(key.record.id, here.clock.now)
      const late = await here.ask({ headers: { ...bearer(key), ...session }, message: call('read_note') })

      assertRefused(here, late, [401, 'key_revoked', INVALID])
    })

    it('stay their owner’s when the key is rotated', async (test) => {
      const here = await given(host, test)
      const key = await here.key()
      const session = await opened(here, key)

      const rotated = await rotate(here.store, key.record.id, 0, here.clock.now)
      assert.equal(rotated.kind, 'rotated')
      const headers = { ...bearer(rotated.issued), ...session }

      assert.equal((await here.ask({ headers, message: call('read_note') })).status, 200)
    })

    it('have streams that end with the key', async (test) => {
      const here = await given(host, test)
      const key = await here.key()
      const session = await opened(here, key)
      const response = await send(here.port, { method: 'GET', headers: { ...bearer(key), ...session } })
      assert.equal(response.statusCode, 200)
      response.resume().on('error', () => {})
      const ended = new Promise((resolve) => response.on('close', resolve))

      const at = performance.now()
      await here.store.revoke(key.record.id, here.clock.now)
      await ended

      assert.ok(performance.now() - at < 400)
    })
  })
}

/** The session that an `initialize` has opened, as a field of further requests. */
async function opened(here: Given, key: { readonly secret: string }): Promise<{ 'mcp-session-id': string }> {
  const { status, headers } = await here.ask({ headers: bearer(key), message: INITIALIZE })
  assert.equal(status, 200)
  return { 'mcp-session-id': String(headers['mcp-session-id']) }
}
