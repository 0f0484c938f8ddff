import assert from 'node:assert/strict'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { Guard, type GuardedServer, type TokenIssuer, type Verdict } from '../../src/guard/index.ts'
import type { Warning } from '../../src/issuers/index.ts'
import { compileScopes } from '../../src/policy/index.ts'
import { memoryCredentials, type RevocationStore } from '../../src/store/index.ts'
import { bearer, NOON, turn } from '../guard/given.ts'

export const RESOURCE = 'https://mcp.example.com/files/mcp'

type PrivateKey = Awaited<ReturnType<typeof generateKeyPair>>['privateKey']

/** A key of an issuer. */
export interface Signer {
  readonly jwk: Record<string, unknown>
  readonly privateJwk: Record<string, unknown>
  readonly privateKey: PrivateKey
  readonly alg: string
  readonly kid: string
}

export async function givenKey(kid: string, alg = 'ES256', options: { modulusLength?: number } = {}): Promise<Signer> {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true, ...options })
  const jwk = { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' }
  return { jwk, privateJwk: { ...(await exportJWK(privateKey)), kid, alg, use: 'sig' }, privateKey, alg, kid }
}

type Handler = (request: IncomingMessage, response: ServerResponse, body: string) => void

/** An authorization server on loopback. What it answers is for the test to change; what it was asked is counted. */
export interface LocalIssuer {
  readonly url: string
  readonly signer: Signer
  /** What it publishes. */
  keys: Record<string, unknown>[]
  /** Answers by path; those of metadata and keys are there. */
  readonly answers: Map<string, Handler>
  /** Requests by path. */
  readonly asked: Map<string, number>
  token(claims?: Record<string, unknown>, header?: Record<string, unknown>, signer?: Signer): Promise<string>
  close(): Promise<void>
}

/** @param path Of the issuer's identifier: `/realms/a`. */
export async function givenIssuer(path = '', signer?: Signer): Promise<LocalIssuer> {
  const own = signer ?? (await givenKey('k1'))
  const answers = new Map<string, Handler>()
  const asked = new Map<string, number>()
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url as string, 'http://localhost')
    asked.set(pathname, (asked.get(pathname) ?? 0) + 1)
    const answer = answers.get(pathname)
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      if (answer === undefined) response.writeHead(404, { 'content-type': 'text/html' }).end('<html>not here</html>')
      else answer(request, response, Buffer.concat(chunks).toString())
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`
  const issuer: LocalIssuer = {
    url,
    signer: own,
    keys: [own.jwk],
    answers,
    asked,
    token: (claims = {}, header = {}, by = own) =>
      new SignJWT({ ...usualClaims(url), ...claims })
        .setProtectedHeader({ alg: by.alg, kid: by.kid, typ: 'at+jwt', ...header })
        .sign(by.privateKey),
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  answers.set(
    `/.well-known/oauth-authorization-server${path}`,
    json(() => ({ issuer: url, jwks_uri: `${url}/jwks`, introspection_endpoint: `${url}/introspect` })),
  )
  answers.set(
    `${path}/jwks`,
    json(() => ({ keys: issuer.keys })),
  )
  return issuer
}

export function usualClaims(issuer: string): Record<string, unknown> {
  return {
    iss: issuer,
    sub: 'ada',
    aud: RESOURCE,
    client_id: 'a-client',
    jti: 'a-token',
    scope: 'files:read',
    iat: NOON,
    exp: NOON + 900,
  }
}

export function json(value: () => unknown, status = 200): Handler {
  return (_, response) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value()))
}

export function text(body: string, type = 'text/html', status = 200): Handler {
  return (_, response) => response.writeHead(status, { 'content-type': type }).end(body)
}

/** A server that takes tokens of these issuers, by OAuth unless said otherwise. */
export function serverFor(issuers: readonly string[], more: Partial<GuardedServer> = {}): GuardedServer {
  return {
    name: 'files',
    access: new Set(['oauth']),
    scopes: compileScopes({ 'files:read': ['read_*'], 'files:write': ['write_*'] }),
    resource: {
      uri: RESOURCE,
      metadataUrl: 'https://mcp.example.com/.well-known/oauth-protected-resource/files/mcp',
      issuers,
      baseScopes: ['files:read'],
    },
    ...more,
  }
}

/** The same for callers who have tokens from elsewhere. */
export function bearerServer(issuers: readonly string[], more: Partial<GuardedServer> = {}): GuardedServer {
  const { resource: _, ...rest } = serverFor(issuers)
  return { ...rest, access: new Set(['jwt']), tokens: { uri: RESOURCE, issuers }, ...more }
}

export interface Clock {
  now: number
}

/** A guard of these issuers, at a time that tests set. */
export function givenGuardOf(issuers: readonly TokenIssuer[], clock: Clock, revocations?: RevocationStore) {
  const guard = new Guard({
    credentials: memoryCredentials(),
    now: () => clock.now,
    defer: setImmediate,
    tokens: { issuers, ...(revocations && { revocations }) },
  })
  const server = serverFor(issuers.map(({ issuer }) => issuer))
  return {
    guard,
    server,
    async check(token: string, at: GuardedServer = server): Promise<Verdict> {
      await turn()
      return guard.check(bearer(token), at)
    },
  }
}

/** Why a token was refused, in the words of the record. */
export function why(verdict: Verdict): string {
  if (verdict.kind === 'granted') return 'granted'
  const { refusal } = verdict
  return 'because' in refusal ? `${refusal.reason} ${refusal.because}` : refusal.reason
}

/** Who was let in. @throws when nobody was. */
export function principalOf(verdict: Verdict) {
  assert.ok(verdict.kind === 'granted', why(verdict))
  return verdict.principal
}

/** Collects warnings, and the time that goes by in a test. */
export function givenSurroundings() {
  const clock: Clock = { now: NOON }
  const warnings: Warning[] = []
  return {
    clock,
    warnings,
    codes: () => warnings.map(({ code }) => code),
    options: { now: () => clock.now, onWarning: (warning: Warning) => void warnings.push(warning) },
  }
}
