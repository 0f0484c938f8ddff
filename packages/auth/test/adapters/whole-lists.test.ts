import assert from 'node:assert/strict'
import type { Server } from 'node:http'
import { describe, it } from 'node:test'
import { createAdaptorServer } from '@hono/node-server'
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server'
import { protectFetch } from '../../src/adapters/fetch.ts'
import { plainFetch } from './hosts/fetch.ts'
import { type Host, listen } from './hosts/stage.ts'
import { bearer, given } from './suite/given.ts'

const LIST = { jsonrpc: '2.0', id: 1, method: 'tools/list' }

/** A server without `guardTools` around it. */
const bare: Host = {
  name: 'bare',
  start({ gate }) {
    const mcp = createMcpHandler(() => {
      const server = new McpServer({ name: 'notes', version: '1' })
      for (const name of ['read_note', 'write_note']) server.registerTool(name, {}, () => ({ content: [] }))
      return server
    })
    return listen(createAdaptorServer({ fetch: protectFetch(gate, mcp.fetch) }) as Server)
  },
}

describe('a list of which its caller may see a part', () => {
  for (const [host, expected] of [
    [bare, 1],
    [plainFetch, 0],
  ] as const) {
    it(`is warned of ${expected} times when the server is ${host.name}`, async (test) => {
      const warnings: string[] = []
      const here = await given(host, test, () => ({ onWarning: (text) => void warnings.push(text) }))
      const [all, some] = [bearer(await here.key()), bearer(await here.key({ scopes: ['notes:read'] }))]

      assert.equal((await here.ask({ headers: all, message: LIST })).status, 200)
      assert.deepEqual(warnings, [])
      for (let round = 0; round < 2; round++) await here.ask({ headers: some, message: LIST })

      assert.equal(warnings.length, expected)
      for (const warning of warnings) assert.match(warning, /guardTools/)
    })
  }
})
