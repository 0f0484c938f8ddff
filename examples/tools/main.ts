import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { ClientKind } from '../clients/index.ts'
import {
  checkChallenge,
  clientV1,
  clientV2,
  clientV2Modern,
  keyFor,
  listen,
  say,
  startIssuer,
} from '../clients/index.ts'
import * as v1 from './server.ts'
import * as v2 from './server-v2.ts'

const args = { note: 'monday' }
const { issuer, token, close: closeIssuer } = await startIssuer()
await tell('SDK v1', v1.createApp, [clientV1, clientV2])
await tell('SDK v2', v2.createApp, [clientV1, clientV2, clientV2Modern])
closeIssuer()

async function tell(sdk: string, createApp: typeof v1.createApp, kinds: readonly ClientKind[]): Promise<void> {
  // The address is known when the server listens, and the app when the address is.
  const server = createServer()
  const { origin, close } = await listen(server)
  const url = `${origin}/mcp`
  const { app, gate } = createApp(url, issuer)
  server.on('request', app)

  const reader = await keyFor(v1.store, gate, ['notes:read'])
  const editor = await token('ada', url, { scope: 'notes:write', roles: ['editor'] })
  const writer = await token('bob', url, { scope: 'notes:write' })
  for (const { connect } of kinds) {
    await tryReader(await connect(url, reader.key))
    await tryEditor(await connect(url, editor))
    await tryWriter(await connect(url, writer))
  }
  say(`${sdk}: each sees and calls what their scopes and roles open; all else is not there`)

  await checkStepUp(origin, writer)
  say(`${sdk}: who signed in is told which scope to ask for`)
  close()
}

type Client = Awaited<ReturnType<ClientKind['connect']>>

async function tryReader(client: Client): Promise<void> {
  assert.deepEqual(await client.tools(), ['read_note'])
  assert.equal(await client.call('read_note', args), 'monday: buy milk')
  for (const tool of ['write_note', 'drop_note', 'read_diary', 'no_such_tool']) {
    await assert.rejects(client.call(tool, args), new RegExp(`Unknown tool: ${tool}`))
  }
  await client.close()
}

async function tryEditor(client: Client): Promise<void> {
  assert.ok((await client.tools()).includes('drop_note'))
  assert.equal(await client.call('drop_note', args), 'monday is gone')
  await client.close()
}

async function tryWriter(client: Client): Promise<void> {
  assert.ok(!(await client.tools()).includes('drop_note'))
  await assert.rejects(client.call('drop_note', args), /Unknown tool: drop_note/)
  assert.equal(await client.call('write_note', args), 'monday is written')
  await client.close()
}

/** A call for which a person could give leave: HTTP 403, before any tool is asked (MCP, Runtime Insufficient Scope Errors). */
async function checkStepUp(origin: string, bearer: string): Promise<void> {
  const url = `${origin}/mcp`
  const headers = {
    ...{ authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
    accept: 'application/json, text/event-stream',
  }
  const params = { name: 'read_diary', arguments: args }
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params })
  const response = await fetch(url, { method: 'POST', headers, body })
  assert.equal(response.status, 403)
  const challenge = response.headers.get('www-authenticate') ?? ''
  assert.match(challenge, /error="insufficient_scope"/)
  assert.match(challenge, /scope="[^"]*diary:read[^"]*"/)
  const document = `${origin}/.well-known/oauth-protected-resource/mcp`
  assert.ok(challenge.includes(`resource_metadata="${document}"`))
  await checkChallenge(url, /resource_metadata=/)
  const { authorization_servers } = (await (await fetch(document)).json()) as { authorization_servers: unknown }
  assert.deepEqual(authorization_servers, [issuer])
}
