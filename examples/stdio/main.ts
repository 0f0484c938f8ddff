import assert from 'node:assert/strict'
import { join } from 'node:path'
import * as v2 from '@modelcontextprotocol/client'
import * as stdioV2 from '@modelcontextprotocol/client/stdio'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
import { say, textOf } from '../clients/index.ts'

const INFO = { name: 'example', version: '1.0.0' }
const pinned = join(import.meta.dirname, '..', '..', 'tools', 'pinned.mjs')
const launch = (file: string, env: Record<string, string>) => ({
  command: process.execPath,
  args: [pinned, join(import.meta.dirname, file)],
  env: { PATH: process.env.PATH ?? '', MCP_SUBJECT: 'ada', ...env },
})

const connectors = {
  'server.ts': async (env: Record<string, string>) => {
    const client = new Client(INFO)
    await client.connect(new StdioClientTransport(launch('server.ts', env)))
    return client
  },
  'server-v2.ts': async (env: Record<string, string>) => {
    const client = new v2.Client(INFO, { versionNegotiation: { mode: { pin: '2026-07-28' } } })
    await client.connect(new stdioV2.StdioClientTransport(launch('server-v2.ts', env)))
    return client
  },
}

for (const [file, connect] of Object.entries(connectors)) {
  const reader = await connect({ MCP_SCOPES: 'notes:read' })
  assert.deepEqual(
    (await reader.listTools()).tools.map(({ name }) => name),
    ['whoami'],
  )
  assert.equal(textOf((await reader.callTool({ name: 'whoami' })).content), 'ada')
  await assert.rejects(reader.callTool({ name: 'drop_note' }), /Unknown tool/)
  await reader.close()

  const editor = await connect({ MCP_SCOPES: 'notes:read mcp:write', MCP_ROLES: 'editor' })
  assert.equal(textOf((await editor.callTool({ name: 'drop_note' })).content), 'dropped')
  await editor.close()
  say(`${file}: the environment says who calls, the policy what they may`)
}
