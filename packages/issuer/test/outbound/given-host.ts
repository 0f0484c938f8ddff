import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Names that the certificate of test hosts is for. */
export const NAMES = ['client.test', 'other.client.test', 'mcp.example', 'localhost']

export interface Authority {
  /** Certificate of the authority, PEM. */
  readonly ca: string
  readonly key: string
  readonly cert: string
}

/** A certificate authority of this test's own, and a certificate of its for `NAMES`. Takes `openssl`. */
export function givenAuthority(): Authority {
  const directory = mkdtempSync(join(tmpdir(), 'portcullis-ca-'))
  const file = (name: string): string => join(directory, name)
  const openssl = (...args: readonly string[]): void => {
    execFileSync('openssl', args, { cwd: directory, stdio: 'ignore' })
  }
  const fresh = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2']
  try {
    openssl('req', '-x509', ...fresh, '-keyout', 'ca.key', '-out', 'ca.pem', '-subj', '/CN=Test authority')
    const names = `subjectAltName=${[...NAMES.map((name) => `DNS:${name}`), 'IP:127.0.0.1'].join(',')}`
    const signed = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-addext', names, '-addext', 'basicConstraints=CA:FALSE']
    openssl('req', '-x509', ...fresh, '-keyout', 'key.pem', '-out', 'cert.pem', '-subj', '/CN=client.test', ...signed)
    const read = (name: string): string => readFileSync(file(name), 'utf8')
    return { ca: read('ca.pem'), key: read('key.pem'), cert: read('cert.pem') }
  } finally {
    rmSync(directory, { recursive: true })
  }
}

export interface Host {
  readonly port: number
  /** What it was asked, in order: path and query. */
  readonly asked: readonly string[]
  /** Headers of the last request. */
  readonly headers: IncomingMessage['headers']
  /** How many connections were opened, those that no request came over included. */
  readonly connections: number
  close(): Promise<void>
}

export type Answer = (request: IncomingMessage, response: ServerResponse) => void

/** A real https server on 127.0.0.1. */
export async function givenHost({ key, cert }: Authority, answer: Answer): Promise<Host> {
  const asked: string[] = []
  let headers: IncomingMessage['headers'] = {}
  let connections = 0
  const server: Server = createServer({ key, cert }, (request, response) => {
    asked.push(request.url as string)
    headers = request.headers
    answer(request, response)
  })
  server.on('connection', () => {
    connections += 1
  })
  server.on('tlsClientError', () => {})
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    asked,
    get headers() {
      return headers
    },
    get connections() {
      return connections
    },
    async close() {
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
    },
  }
}

/** A resolver that knows these names; each look-up of a name takes the next of its answers, the last one for ever. */
export function givenNames(names: Readonly<Record<string, readonly (readonly string[])[]>>) {
  const looks = new Map<string, number>()
  const resolve = async (host: string) => {
    const answers = names[host]
    if (answers === undefined) throw Object.assign(new Error('no such name'), { code: 'ENOTFOUND' })
    const look = looks.get(host) ?? 0
    looks.set(host, look + 1)
    const addresses = answers[Math.min(look, answers.length - 1)] ?? []
    return addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))
  }
  return { resolve, looks }
}
