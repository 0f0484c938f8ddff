/**
 * An issuer of its own on a database file. Several may serve the same issuer: they are started with one identifier, and
 * each says at which port it listens.
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { DatabaseSync } from 'node:sqlite'
import { openIssuer } from '../../src/index.ts'
import { storesOn } from '../given.ts'

const [file = '', issuer = '', resource = '', key = '', port = '0'] = process.argv.slice(2)
const scopes = ['mcp:read', 'mcp:write']
const opened = await openIssuer({
  issuer,
  resources: [{ uri: resource, name: 'everything', scopes, defaultScopes: scopes, opens: {} }],
  stores: storesOn(new DatabaseSync(file)),
  sealingKey: Buffer.from(key, 'hex'),
})
const server = createServer((request, response) => opened.handle(request, response, '127.0.0.1'))
server.listen(Number(port), '127.0.0.1', () => {
  process.stdout.write(`${(server.address() as AddressInfo).port}\n`)
})
