/**
 * The issuer of the tokens: serves its metadata and its key on this machine, and signs as many tokens as it is asked for.
 *
 *   node bench/guard/issuer.ts PORT MATERIAL_FILE
 */
import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { answerJobs } from '../process/jobs.ts'
import { KID, type Material, tokenMint, writeCredential } from './tokens.ts'

export interface SignJob {
  readonly kind: 'sign'
  readonly count: number
  readonly file: string
}

const [port = '', file = ''] = process.argv.slice(2)
const issuer = `http://127.0.0.1:${port}`
const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const jwk = { ...publicKey.export({ format: 'jwk' }), kid: KID, alg: 'ES256', use: 'sig' }
const jwksUri = `${issuer}/jwks`
const material: Material = {
  ...{ issuer, jwksUri, jwk, resource: 'https://mcp.example/notes/mcp' },
  signingKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
}
const metadata = {
  ...{ issuer, jwks_uri: jwksUri, response_types_supported: ['code'] },
  ...{ authorization_endpoint: `${issuer}/authorize`, token_endpoint: `${issuer}/token` },
}

const server = createServer(({ url }, response) => {
  response.setHeader('content-type', 'application/json')
  response.end(JSON.stringify(url === '/jwks' ? { keys: [jwk] } : metadata))
})
writeFileSync(file, JSON.stringify(material))
await once(server.listen({ port: Number(port), host: '127.0.0.1' }), 'listening')

const mint = tokenMint(material, privateKey)
answerJobs(async ({ count, file: target }: SignJob) => {
  writeFileSync(target, Array.from({ length: count }, () => writeCredential(mint())).join(''))
  return { kind: 'signed' }
})
