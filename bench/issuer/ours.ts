/**
 * The embedded issuer over a SQLite file.
 *
 *   node bench/issuer/ours.ts PORT FILE GRANTS CHAINS
 *
 * Prints the id of a public client and CHAINS of its refresh tokens as one line of JSON, then serves.
 */
import { randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import { DatabaseSync } from 'node:sqlite'
import {
  prepareDatabase,
  sqliteAccounts,
  sqliteArtifacts,
  sqliteClients,
  sqliteRevocations,
  sqliteSigningKeys,
} from '@portcullis/auth/store'
import { openIssuer } from '@portcullis/issuer'
import { Vault } from '../../packages/issuer/src/vault/index.ts'
import { RESOURCE, SCOPES, seeds } from './seed.ts'

const [port = '', file = '', grants = '', chains = ''] = process.argv.slice(2)
const db = new DatabaseSync(file)
prepareDatabase(db)
const stores = {
  artifacts: sqliteArtifacts(db),
  accounts: sqliteAccounts(db),
  clients: sqliteClients(db),
  revocations: sqliteRevocations(db),
  signingKeys: sqliteSigningKeys(db),
}
const sealingKey = randomBytes(32)
const resource = { uri: RESOURCE, name: 'everything', scopes: SCOPES, defaultScopes: SCOPES, opens: {} }
const issuer = await openIssuer({ issuer: `http://127.0.0.1:${port}`, resources: [resource], stores, sealingKey })

const person = { id: 'ada', name: 'ada', isAdmin: false, createdAt: 0 }
await stores.accounts.insert(person)
const wanted = { name: 'A program', redirectUris: ['http://127.0.0.1/callback'], confidential: false }
const client = await issuer.clients.create(wanted)
if (client.kind !== 'created') throw new Error('no client')

const vault = new Vault(stores.artifacts, sealingKey)
const tokens: string[] = []
db.exec('begin')
for (const { model, id, grantId, payload } of seeds(Number(grants), person.id, client.clientId)) {
  const marks = { grantId, accountId: person.id, clientId: client.clientId, expiresAt: Number(payload.exp) }
  vault.put(model, id, payload, marks)
  if (model === 'RefreshToken' && tokens.length < Number(chains)) tokens.push(id)
}
db.exec('commit')

const server = createServer((request, response) => issuer.handle(request, response, '127.0.0.1'))
server.listen({ port: Number(port), host: '127.0.0.1' }, () => {
  process.stdout.write(`${JSON.stringify({ clientId: client.clientId, tokens })}\n`)
})
process.on('SIGINT', () => process.exit())
