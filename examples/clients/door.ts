import assert from 'node:assert/strict'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { issue } from '@portcullis/auth/keys'
import type { CredentialStore } from '@portcullis/auth/store'
import type { ClientKind } from './clients.ts'

/** Starts a server on a free port of this machine. */
export async function listen(server: Server) {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}

/** A key for a guard, as `portcullis keys create` makes one. */
export async function keyFor(store: CredentialStore, { name }: { name: string }, scopes?: readonly string[]) {
  const terms = { kind: 'api-key', server: name, name: 'example', ...(scopes && { scopes }) } as const
  const { record, secret } = await issue(store, terms, Math.floor(Date.now() / 1000))
  return { key: secret, client: record.clientId, id: record.id }
}

/** Each client comes in with a good key, and the tool `whoami` knows it; without one, and with a wrong one, none does. */
export async function checkDoor(
  url: string,
  { key, client }: { key: string; client: string },
  kinds: readonly ClientKind[],
): Promise<void> {
  const wrong = key.slice(0, -8) + key.slice(-8).split('').toReversed().join('')
  for (const { name, connect } of kinds) {
    const connected = await connect(url, key)
    assert.deepEqual(await connected.tools(), ['whoami'], name)
    assert.equal(await connected.call('whoami'), client, name)
    await connected.close()
    for (const bad of [undefined, wrong]) await assert.rejects(connect(url, bad), isRefusal, name)
    say(`${name} comes in with a key, and not without`)
  }
  await checkChallenge(url)
}

/** The SDKs' errors tell the status each in its own way. */
export function isRefusal(error: { readonly code?: unknown; readonly data?: { readonly status?: number } }): boolean {
  return [401, 403].includes(Number(error.data?.status ?? error.code))
}

/** What a client without a credential is told (RFC 6750 §3). */
export async function checkChallenge(url: string, challenge = /^Bearer /): Promise<void> {
  const response = await fetch(url, { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } })
  assert.equal(response.status, 401)
  assert.match(response.headers.get('www-authenticate') ?? '', challenge)
}

export function say(line: string): void {
  process.stdout.write(`${line}\n`)
}
