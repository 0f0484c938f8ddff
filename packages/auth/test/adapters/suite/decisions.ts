import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Host } from '../hosts/stage.ts'
import { assertNothingInternal, assertRefused, bearer, call, given, textOf } from './given.ts'
import type { Answer } from './wire.ts'

const LIST = { jsonrpc: '2.0', id: 2, method: 'tools/list' }
const MODERN = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientInfo': { name: 'suite', version: '1' },
  'io.modelcontextprotocol/clientCapabilities': {},
}

export function decisions(host: Host): void {
  describe('a caller', () => {
    it('sees and calls the tools of its scopes, and no others', async (test) => {
      const here = await given(host, test)
      const headers = bearer(await here.key({ scopes: ['notes:read'] }))

      const list = await here.ask({ headers, message: LIST })
      assert.deepEqual(toolsOf(list), ['read_note', 'watch_note'])
      assert.equal((await here.ask({ headers, message: call('read_note') })).status, 200)
    })

    it('learns nothing of tools outside its list: they answer as those that are not there', async (test) => {
      const here = await given(host, test)
      const headers = bearer(await here.key({ scopes: ['notes:read'] }))
      const outside = [
        'write_note',
        'drop_note',
        'fly_note',
        'Write_note',
        'write_note ',
        '__proto__',
        'constructor',
        'toString',
      ]

      const answers = await Promise.all(outside.map((name) => here.ask({ headers, message: call(name) })))

      for (const answer of answers) assertRefused(here, answer, [200, -32602])
      const texts = answers.map(({ text }, index) => text.replaceAll(JSON.stringify(outside[index]).slice(1, -1), 'X'))
      assert.equal(new Set(texts).size, 1)
    })

    it('without the role that a tool asks for next to its handler does not reach it', async (test) => {
      const here = await given(host, test)
      const headers = bearer(await here.key())
      // Rules that stand next to tools are known once a tool was registered.
      await here.ask({ headers, message: LIST })

      const first = await here.ask({ headers, message: call('drop_note') })
      const list = await here.ask({ headers, message: LIST })

      assert.notEqual(textOf(first), 'dropped')
      assert.deepEqual(toolsOf(list), ['read_note', 'watch_note', 'write_note'])
      assert.deepEqual(here.heard, [])
    })

    it('that asks for what MCP does not know is told so, and nobody else hears of it', async (test) => {
      const here = await given(host, test)
      const headers = bearer(await here.key())
      const methods = [
        'tools/run',
        'Tools/call',
        'tools/call ',
        'admin/keys',
        'constructor',
        '__proto__',
        'rpc.discover',
      ]

      for (const method of methods) {
        const legacy = await here.ask({
          headers,
          message: { jsonrpc: '2.0', id: 1, method, params: { name: 'read_note' } },
        })
        assertRefused(here, legacy, [200, -32601])
        const params = { name: 'read_note', _meta: MODERN }
        const modern = await here.ask({
          headers: { ...headers, 'mcp-protocol-version': '2026-07-28', 'mcp-method': method },
          message: { jsonrpc: '2.0', id: 1, method, params },
        })
        assertRefused(here, modern, [404, -32601])
      }
      const notification = await here.ask({ headers, message: { jsonrpc: '2.0', method: 'notifications/evil' } })
      assertRefused(here, notification, [400, -32600])
    })

    it('that speaks a revision which is none is told so', async (test) => {
      const here = await given(host, test)
      const key = bearer(await here.key())

      for (const version of ['latest', '2025-06-18, 2025-06-18', '1']) {
        const headers = { ...key, 'mcp-protocol-version': version }
        assertRefused(here, await here.ask({ headers, message: call('read_note') }), [400, -32600])
        assertRefused(here, await here.ask({ method: 'GET', headers }), [400, -32600])
      }
    })

    it('pollutes no prototype through what it sends', async (test) => {
      const here = await given(host, test)
      const headers = bearer(await here.key({ scopes: ['notes:read'] }))
      const polluted = (inner: string) =>
        `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"write_note","arguments":{${inner}}}}`
      const bodies = [
        polluted('"__proto__":{"scopes":["notes:write"],"isAdmin":true}'),
        polluted('"constructor":{"prototype":{"isAdmin":true}}'),
        '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"write_note","_meta":{"__proto__":{"isAdmin":true}}}}',
      ]

      for (const body of bodies) {
        const answer = await here.ask({ headers, body })
        assert.notEqual(textOf(answer), 'written')
        assertNothingInternal(answer)
      }
      assert.deepEqual(here.heard, [])
      assert.equal(({} as { isAdmin?: unknown }).isAdmin, undefined)
    })

    it('that uses a method of HTTP which MCP does not use is told which it does', async (test) => {
      const here = await given(host, test)
      const headers = bearer(await here.key())

      for (const method of ['PUT', 'PATCH', 'OPTIONS']) {
        const answer = await here.ask({ method, headers, message: call('read_note') })
        assertRefused(here, answer, [405, 'method_not_allowed'])
        assert.equal(answer.headers.allow, 'POST, GET, DELETE')
      }
      assert.equal((await here.ask({ method: 'HEAD', headers })).status, 405)
      assert.ok((await here.ask({ method: 'TRACE', headers })).status >= 400)
    })

    it('hears of a handler that throws from the framework, and nothing of what it threw', async (test) => {
      const here = await given(host, test)
      const headers = bearer(await here.key())

      const answer = await here.ask({ path: '/broken', headers, message: call('read_note') })

      assert.equal(answer.status, 500)
      assertNothingInternal(answer)
      assert.deepEqual(
        here.requests().map(({ outcome, status }) => [outcome, status]),
        [['upstream_failed', 500]],
      )
      assert.equal((await here.ask({ headers, message: call('read_note') })).status, 200)
    })
  })
}

/** The names on a list, in the order of the alphabet. */
function toolsOf({ json }: Answer): readonly string[] {
  const { tools = [] } = (json?.result ?? {}) as { tools?: readonly { name: string }[] }
  return tools.map(({ name }) => name).toSorted()
}
