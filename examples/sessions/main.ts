import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { checkDoor, clientV1, clientV2, keyFor, listen, say } from '../clients/index.ts'
import { app, gate, store } from './server.ts'

const { origin, close } = await listen(createServer(app))
const url = `${origin}/mcp`
const [own, other] = [await keyFor(store, gate), await keyFor(store, gate)]
await checkDoor(url, own, [clientV1, clientV2])

const headers = (key: string, session?: string) => ({
  ...{ authorization: `Bearer ${key}`, 'content-type': 'application/json' },
  accept: 'application/json, text/event-stream',
  ...(session === undefined ? {} : { 'mcp-session-id': session }),
})
const send = (method: string, params: object, key: string, session?: string) =>
  fetch(url, {
    method: 'POST',
    headers: headers(key, session),
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
  })
const whoami = async (key: string, session: string) => {
  const response = await send('tools/call', { name: 'whoami' }, key, session)
  return [response.status, await response.text()] as const
}

const clientInfo = { name: 'example', version: '1.0.0' }
const opened = await send('initialize', { protocolVersion: '2025-06-18', capabilities: {}, clientInfo }, own.key)
await opened.text()
const session = opened.headers.get('mcp-session-id') ?? ''
assert.match(session, /^[0-9a-f-]{36}$/)

const [ownStatus, ownText] = await whoami(own.key, session)
assert.deepEqual([ownStatus, ownText.includes(own.client)], [200, true])
const foreign = await whoami(other.key, session)
assert.equal(foreign[0], 404)
assert.deepEqual(foreign, await whoami(other.key, '00000000-0000-4000-8000-000000000000'))
say('a session is its opener’s: to others it is not there')

const remove = (key: string) => fetch(url, { method: 'DELETE', headers: headers(key, session) })
assert.equal((await remove(other.key)).status, 404)
assert.equal((await remove(own.key)).status, 200)
assert.equal((await whoami(own.key, session))[0], 404)
say('and ends when its opener says so')
close()
