import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Host } from '../hosts/stage.ts'
import { assertNothingInternal, bearer, call, given, inBytes } from './given.ts'

/** Spellings that some router or proxy takes for `/mcp`, and some for another path. */
const TRICKS = [
  ...['//mcp', '///mcp', '/mcp/', '/mcp//', '/MCP', '/Mcp', '/./mcp', '/x/../mcp', '/mcp/.', '/mcp/..', '/mcp/../mcp'],
  ...[
    '/mcp/..;/',
    '/..;/mcp',
    '/mcp;a=b',
    '/mcp;',
    '/%6dcp',
    '/mc%70',
    '/%2fmcp',
    '/mcp%2f',
    '/mcp%2F..%2Fmcp',
    '/%2e/mcp',
  ],
  ...[
    '/mcp%00',
    '/mcp%20',
    '/mcp%09',
    '/mcp.json',
    '/mcp?',
    '/mcp?a=b',
    '/mcp#a',
    '/mcp?x=/open',
    '\\mcp',
    '/\\mcp',
    '/mcp\\',
  ],
  ...['/broken/../mcp', '/broken/..%2fmcp', '/.well-known/../mcp', '/.well-known/oauth-protected-resource/../../mcp'],
  ...[
    'http://notes.example.com/mcp',
    'http://evil.example//mcp',
    'HTTP://notes.example.com/mcp',
    '*',
    'mcp',
    'localhost/mcp',
  ],
]

export function paths(host: Host): void {
  describe('a path', () => {
    it('leads to no tool without a credential, however it is spelled', async (test) => {
      const here = await given(host, test)

      for (const target of TRICKS) {
        const answer = await here.raw(inBytes(host, [], call('read_note'), target))
        assert.ok(answer === undefined || answer.status >= 300, `${target}: ${answer?.status} ${answer?.text}`)
        assert.deepEqual(here.heard, [], target)
        assertNothingInternal(answer)
      }
    })

    it('leads to no tool that its caller may not use, either', async (test) => {
      const here = await given(host, test)
      const { authorization } = bearer(await here.key({ scopes: ['notes:read'] }))

      for (const target of TRICKS) {
        await here.raw(inBytes(host, [`Authorization: ${authorization}`], call('write_note'), target))
        assert.deepEqual(here.heard, [], target)
      }
    })

    it('in absolute form is the same address to who may go there (RFC 9112 §3.2.2)', async (test) => {
      const here = await given(host, test)
      const { authorization } = bearer(await here.key())
      const target = `http://${host.comparesHost ? 'localhost' : 'notes.example.com'}/mcp`

      const answer = await here.raw(inBytes(host, [`Authorization: ${authorization}`], call('read_note'), target))

      assert.equal(answer?.status, 200)
    })
  })
}
