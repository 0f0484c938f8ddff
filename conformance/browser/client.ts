import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { RunningIssuer } from '../../packages/issuer/test/given.ts'

/** A client on the person's own computer: registers itself, waits for the browser, and speaks the protocol by hand. */
export interface LocalClient {
  readonly redirectUri: string
  authorizationUrl(fields?: Readonly<Record<string, string>>): string
  /** What the browser has brought last. */
  brought(): URLSearchParams
  redeem(): Promise<Tokens>
  refresh(tokens: Tokens): Promise<Response>
  close(): Promise<void>
}

export interface Tokens {
  readonly access_token: string
  readonly refresh_token: string
  readonly scope?: string
}

/** @param onwards Where the client sends the browser after it has come back. */
export async function givenLocalClient(running: RunningIssuer, name: string, onwards?: string): Promise<LocalClient> {
  let last = new URLSearchParams()
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://127.0.0.1')
    if (pathname === '/callback') last = searchParams
    if (pathname === '/callback' && onwards !== undefined) return response.writeHead(302, { location: onwards }).end()
    response.writeHead(200, { 'content-type': 'text/html' })
    return response.end('<!doctype html><link rel="icon" href="data:,"><title>Back</title><h1>Back at the client</h1>')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const redirectUri = `http://127.0.0.1:${(server.address() as AddressInfo).port}/callback`
  const at = (path: string) => new URL(`/oauth/${path}`, running.url).href
  const registration = { client_name: name, redirect_uris: [redirectUri] }
  const registered = await fetch(at('register'), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(registration),
  })
  const { client_id } = (await registered.json()) as { client_id: string }
  let verifier = ''
  const ask = (fields: Record<string, string>) =>
    fetch(at('token'), { method: 'POST', body: new URLSearchParams({ client_id, ...fields }) })
  return {
    redirectUri,
    authorizationUrl(fields = {}) {
      verifier = randomBytes(32).toString('base64url')
      const code_challenge = createHash('sha256').update(verifier).digest('base64url')
      const asked = {
        ...{ client_id, redirect_uri: redirectUri, response_type: 'code', resource: running.resource, state: 'there' },
        ...{ code_challenge, code_challenge_method: 'S256' },
        ...fields,
      }
      return `${at('authorize')}?${new URLSearchParams(asked)}`
    },
    brought: () => last,
    async redeem() {
      const code = last.get('code') ?? ''
      const answer = await ask({
        grant_type: 'authorization_code',
        code,
        code_verifier: verifier,
        redirect_uri: redirectUri,
      })
      if (answer.status !== 200) throw new Error(await answer.text())
      return (await answer.json()) as Tokens
    },
    refresh: ({ refresh_token }) => ask({ grant_type: 'refresh_token', refresh_token }),
    async close() {
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
    },
  }
}
