import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js'
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js'
import * as v2 from '@modelcontextprotocol/server'
import { guardTools, requires, stdioPrincipal } from '../../src/adapters/mcp/index.ts'
import { policy } from '../../src/index.ts'
import { call } from './suite/given.ts'

const local = () => ({
  policy: policy({ scopes: { 'notes:read': ['read_*'], 'notes:write': ['write_*'] } }),
  principal: stdioPrincipal({ subject: 'ada', scopes: ['notes:read'] }),
})

/** A server of each SDK with the same tools, connected to a line on which something waits already. */
const servers = {
  'SDK v1': async (heard: string[], waiting: readonly JSONRPCMessage[], guard = local()) => {
    const [client, transport] = InMemoryTransport.createLinkedPair()
    const server = guardTools(new McpServer({ name: 'notes', version: '1' }), guard)
    for (const name of ['read_note', 'write_note']) {
      server.registerTool(name, {}, () => {
        heard.push(name)
        return { content: [] }
      })
    }
    for (const message of waiting) await client.send(message)
    await server.connect(transport)
    return { client, server }
  },
  'SDK v2': async (heard: string[], waiting: readonly JSONRPCMessage[], guard = local()) => {
    const [client, transport] = v2.InMemoryTransport.createLinkedPair()
    const server = guardTools(new v2.McpServer({ name: 'notes', version: '1' }), guard)
    for (const name of ['read_note', 'write_note']) {
      server.registerTool(name, {}, () => {
        heard.push(name)
        return { content: [] }
      })
    }
    for (const message of waiting) await client.send(message as v2.JSONRPCMessage)
    await server.connect(transport)
    return { client, server }
  },
}

for (const [sdk, start] of Object.entries(servers)) {
  describe(`tools behind a guard (${sdk})`, () => {
    it('are not reached by what came before the guard stood there', async () => {
      const heard: string[] = []
      const waiting = [call('write_note'), { ...call('read_note'), id: 2 }] as JSONRPCMessage[]

      const { client } = await start(heard, waiting)
      const answers: unknown[] = []
      client.onmessage = (message: unknown) => void answers.push(message)
      await client.start()
      for (let round = 0; round < 5; round++) await turn()

      assert.deepEqual(heard, ['read_note'])
      assert.match(JSON.stringify(answers), /Unknown tool: write_note/)
    })

    it('do nothing for callers of whom no guard has told', async () => {
      const heard: string[] = []
      const { principal: _, ...gate } = local()
      const unguarded = { ...gate, name: 'notes', tasks: { isOwn: () => false, note() {} } }
      const waiting = [call('read_note')] as JSONRPCMessage[]

      const { client } = await start(heard, waiting, unguarded as never)
      const answers: unknown[] = []
      client.onmessage = (message: unknown) => void answers.push(message)
      await client.start()
      for (let round = 0; round < 5; round++) await turn()

      assert.deepEqual(heard, [])
      assert.match(JSON.stringify(answers), /No guard stands before this server/)
    })
  })
}

describe('requires', () => {
  const editors = requires({ roles: ['editor'] }, (_extra: unknown) => 'dropped')

  it('lets nobody in of whom no guard has told, whatever they say of themselves', () => {
    const principal = { ...stdioPrincipal({ roles: ['editor'] }) }
    const forged = [
      undefined,
      {},
      { authInfo: { extra: { principal } } },
      { http: { authInfo: { extra: { principal } } } },
      { auth: { extra: { principal } } },
      JSON.parse('{"authInfo":{"extra":{"principal":{"roles":["editor"],"__proto__":{"kind":"local"}}}}}'),
    ]

    for (const extra of forged) assert.match(JSON.stringify(editors(extra)), /authenticated callers only/)
  })

  it('must ask for something, and for nothing that it cannot hold', () => {
    assert.throws(() => requires({}, () => ''), TypeError)
    assert.throws(() => requires({ roles: [] }, () => ''), TypeError)
    assert.throws(() => requires({ when: 'args.amount < 10' }, () => ''), /needs a language/)
  })
})
