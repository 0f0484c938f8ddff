/**
 * The embedded issuer over a SQLite file.
 *
 *   node bench/issuer/ours.ts PORT FILE GRANTS CHAINS
 *
 * Prints, as one line of JSON (`Said`), a public client, CHAINS of its refresh tokens, and the cookie of a browser whose
 * person is signed in and has said yes to that client; then serves.
 */
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { DatabaseSync } from 'node:sqlite'
import { prepareDatabase, sqliteIssuerStores } from '@portcullis/auth/store'
import { openIssuer } from '@portcullis/issuer'
import { Vault } from '../../packages/issuer/src/vault/index.ts'
import { authorize, Browser, PASSWORD } from '../../packages/issuer/test/given.ts'
import { RESOURCE, SCOPES, seeds } from './seed.ts'

/** Things that are seeded in one transaction. */
const BATCH = 2000
const [port = '', file = '', grants = '', chains = ''] = process.argv.slice(2)
const db = new DatabaseSync(file)
prepareDatabase(db)
const stores = sqliteIssuerStores(db)
const sealingKey = randomBytes(32)
const resource = { uri: RESOURCE, name: 'everything', scopes: SCOPES, defaultScopes: SCOPES, opens: {} }
// Those of one person, who is signed in here and does nothing else.
const authorizations = { minute: 1e9, hour: 1e9 }
// Each chain is a grant of its own, refreshed as fast as it can be.
const refreshes = authorizations
const issuer = await openIssuer({
  issuer: `http://127.0.0.1:${port}`,
  resources: [resource],
  stores,
  sealingKey,
  authorizations,
  refreshes,
})

const person = await issuer.people.create('ada', PASSWORD)
const redirectUri = 'https://client.example/callback'
const client = await issuer.clients.create({ name: 'A program', redirectUris: [redirectUri], confidential: false })
if (client.kind !== 'created' || person === undefined) throw new Error('no client')
const { clientId } = client

// Before there are grants: a consent page looks through all that a person has given the client.
const server = createServer((request, response) => issuer.handle(request, response, '127.0.0.1'))
await once(server.listen({ port: Number(port), host: '127.0.0.1' }), 'listening')
const origin = `http://127.0.0.1:${port}`
const paths = { authorize: '/oauth/authorize', token: '/oauth/token' }
const scope = SCOPES.join(' ')
const query = new URLSearchParams({
  ...{ client_id: clientId, redirect_uri: redirectUri, response_type: 'code', scope, resource: RESOURCE },
  ...{ code_challenge: 'x'.repeat(43), code_challenge_method: 'S256' },
})
const browser = new Browser()
await authorize(`${origin}${paths.authorize}?${query}`, { browser })
const cookie = [...browser.cookies]
  .filter(([, { path }]) => path === '/')
  .map(([name, { value }]) => `${name}=${value}`)
  .join('; ')

const vault = new Vault(stores.artifacts, sealingKey)
const tokens: string[] = []
let puts: unknown[] = []
for (const { model, id, grantId, payload } of seeds(Number(grants), person.id, clientId)) {
  const marks = { grantId, accountId: person.id, clientId, expiresAt: Number(payload.exp) }
  puts.push(vault.put(model, id, payload, marks))
  if (model === 'RefreshToken' && tokens.length < Number(chains)) tokens.push(id)
  if (puts.length < BATCH) continue
  await Promise.all(puts)
  puts = []
}
await Promise.all(puts)

const said = { clientId, redirectUri, paths, cookie, scope, resource: RESOURCE, tokens, parts: 3 }
process.stdout.write(`${JSON.stringify(said)}\n`)
process.on('SIGINT', () => process.exit())
