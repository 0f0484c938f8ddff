import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

/** An identity provider as others run one: metadata, keys and introspection, on loopback. Nobody signs in to it. */
export class Provider {
  readonly url: string
  /** Opaque tokens that are active, and what the provider says of them. */
  readonly active = new Map<string, Record<string, unknown>>()
  /** Requests by path. */
  readonly asked = new Map<string, number>()
  /** Whether it answers with anything but errors. */
  isUp = true
  readonly #server: Server
  readonly #key: KeyObject

  constructor(url: string, server: Server, key: KeyObject) {
    this.url = url
    this.#server = server
    this.#key = key
  }

  /** An access token; `claims` replace the usual ones. */
  token(claims: Record<string, unknown>): string {
    const now = Math.floor(Date.now() / 1000)
    const usual = { iss: this.url, sub: 'ada', client_id: 'dashboard', iat: now, exp: now + 600 }
    const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url')
    const input = `${encode({ alg: 'ES256', kid: 'k1', typ: 'at+jwt' })}.${encode({ ...usual, ...claims })}`
    const signature = sign('sha256', Buffer.from(input), { key: this.#key, dsaEncoding: 'ieee-p1363' })
    return `${input}.${signature.toString('base64url')}`
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}

export async function startProvider(): Promise<Provider> {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/realms/staff`
  const provider = new Provider(url, server, privateKey)
  const answers: Record<string, (form: URLSearchParams) => object> = {
    '/realms/staff/.well-known/openid-configuration': () => ({
      issuer: url,
      jwks_uri: `${url}/keys`,
      introspection_endpoint: `${url}/introspect`,
    }),
    '/realms/staff/keys': () => ({
      keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'k1', alg: 'ES256', use: 'sig' }],
    }),
    '/realms/staff/introspect': (form) => {
      const claims = provider.active.get(form.get('token') ?? '')
      return claims === undefined ? { active: false } : { active: true, ...claims }
    },
  }
  server.on('request', (request, response) => {
    const path = request.url ?? ''
    provider.asked.set(path, (provider.asked.get(path) ?? 0) + 1)
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const answer = answers[path]
      const status = !provider.isUp ? 503 : answer === undefined ? 404 : 200
      const form = new URLSearchParams(Buffer.concat(chunks).toString())
      response.writeHead(status, { 'content-type': 'application/json' })
      response.end(status === 200 ? JSON.stringify(answer?.(form)) : '{}')
    })
  })
  return provider
}
