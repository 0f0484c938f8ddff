import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { RunningIssuer } from '../given.ts'

export interface Registered {
  readonly status: number
  readonly headers: Headers
  readonly body: Readonly<Record<string, unknown>>
}

export interface Door {
  /** Posts to the registration endpoint. @param peer The address that the caller has. */
  register(body: unknown, options?: { peer?: string; token?: string; type?: string }): Promise<Registered>
  /** Any other request, from an address. */
  ask(path: string, init?: RequestInit, peer?: string): Promise<Response>
  close(): Promise<void>
}

/** A second door to an issuer, at which each caller has the address that it says. */
export async function givenDoor({ issuer }: Pick<RunningIssuer, 'issuer'>): Promise<Door> {
  const server = createServer((request, response) =>
    issuer.handle(request, response, String(request.headers['x-peer'] ?? '192.0.2.1')),
  )
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const ask = (path: string, init: RequestInit = {}, peer = '192.0.2.1') =>
    fetch(`${origin}${path}`, { redirect: 'manual', ...init, headers: { ...init.headers, 'x-peer': peer } })
  return {
    ask,
    async register(body, { peer, token, type = 'application/json' } = {}) {
      const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` }
      const headers = { 'content-type': type, ...authorization }
      const sent = typeof body === 'string' ? body : JSON.stringify(body)
      const response = await ask('/oauth/register', { method: 'POST', headers, body: sent }, peer)
      const text = await response.text()
      return { status: response.status, headers: response.headers, body: text === '' ? {} : JSON.parse(text) }
    },
    async close() {
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
    },
  }
}
