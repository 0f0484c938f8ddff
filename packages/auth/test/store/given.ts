import { hash } from 'node:crypto'
import { storedDigest } from '../../src/crypto/index.ts'
import type { CredentialRecord } from '../../src/store/index.ts'

/** Seconds since the epoch. */
export const NOON = 1_800_000_000

export function idOf(number: number): string {
  return String(number).padStart(16, '0')
}

/** A key of the server `files` for the client that has its number. */
export function givenRecord(number: number, facts: Partial<CredentialRecord> = {}): CredentialRecord {
  const id = idOf(number)
  return {
    id,
    kind: 'api-key',
    digest: storedDigest(hash('sha256', `secret ${number}`, 'buffer')),
    clientId: id.replace('0', 'c'),
    server: 'files',
    name: `key ${number}`,
    createdAt: NOON,
    ...facts,
  }
}
