import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { checkDoor, clientV1, clientV2Modern, isRefusal, keyFor, listen, say, startIssuer } from '../clients/index.ts'
import { createApp, store } from './server.ts'

const { issuer, token, close: closeIssuer } = await startIssuer()
const server = createServer()
const { origin, close } = await listen(server)
const { app, notes, files } = createApp(origin, issuer)
server.on('request', app)

const guards = [notes, files]
const keys = await Promise.all(guards.map((gate) => keyFor(store, gate)))
for (const [index, { resource }] of guards.entries()) {
  await checkDoor(resource, keys[index] as (typeof keys)[number], [clientV1, clientV2Modern])
}

const forNotes = await token('ada', notes.resource, { scope: 'mcp:write' })
const client = await clientV1.connect(notes.resource, forNotes)
assert.equal(await client.call('whoami'), 'ada')
await client.close()
for (const credential of [keys[0]?.key, forNotes]) {
  await assert.rejects(clientV1.connect(files.resource, credential), isRefusal)
}
say('what opens one server opens no other')

for (const { resource } of guards) {
  const { pathname } = new URL(resource)
  const document = await fetch(`${origin}/.well-known/oauth-protected-resource${pathname}`)
  assert.equal(((await document.json()) as { resource: unknown }).resource, resource)
}
// Where there are several, the root cannot say which is meant.
assert.equal((await fetch(`${origin}/.well-known/oauth-protected-resource`)).status, 404)
say('each has its metadata where clients look for it')

await store.revoke(keys[1]?.id ?? '', Math.floor(Date.now() / 1000))
await clientV1.connect(notes.resource, keys[0]?.key).then((still) => still.close())
await assert.rejects(clientV1.connect(files.resource, keys[1]?.key), /revoked/)
say('a key that is revoked is good nowhere')
close()
closeIssuer()
