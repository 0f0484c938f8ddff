import { digestOf, randomId } from '../crypto/index.ts'
import { expectKnown, isOptions, isTexts, type Known, mintSecret, PUBLIC_ID_LENGTH } from '../protocol/index.ts'
import {
  type CredentialKind,
  type CredentialRecord,
  type CredentialStore,
  type Rotation,
  rotationObstacle,
} from '../store/index.ts'
import { replaceLeftBehind } from './left-behind.ts'

/**
 * What the operator decides about a new credential. Scopes, tools and tenant are not checked against the server here. Its
 * client id is made here (`record.clientId`) and survives rotation: policies name it, and so do records.
 */
export interface IssueTerms {
  readonly kind: CredentialKind
  readonly server: string
  /** The operator's label. */
  readonly name: string
  readonly tenant?: string
  readonly scopes?: readonly string[]
  readonly tools?: readonly string[]
  readonly notes?: string
  readonly delivery?: string
  /** Seconds since the epoch; absent: it does not expire. */
  readonly expiresAt?: number
}

/** A credential and its secret, which exists here and nowhere else: show it once. */
export interface Issued {
  readonly record: CredentialRecord
  readonly secret: string
}

/** Told what is about to be stored; when it throws, nothing is. */
export type Announce = (record: CredentialRecord) => void

/**
 * Makes a credential for a new client and stores it.
 *
 * @param now Seconds since the epoch.
 * @throws {TypeError} for terms that are wrong or not known, with what to write instead. Nothing is stored then.
 */
export async function issue(
  store: CredentialStore,
  terms: IssueTerms,
  now: number,
  announce?: Announce,
): Promise<Issued> {
  checkTerms(terms)
  expectTime('now', now)
  const issued = await make({ ...terms, clientId: randomId(PUBLIC_ID_LENGTH), createdAt: now })
  announce?.(issued.record)
  await store.insert(issued.record)
  return issued
}

/** The successor of a credential, or why it has none. */
export type RotationResult =
  | { readonly kind: 'rotated'; readonly issued: Issued; readonly endsAt: number }
  | { readonly kind: Exclude<Rotation, 'rotated'> }

/**
 * Gives a credential's client a new one on the same terms; the old one ends with the overlap, or sooner if it would
 * have expired sooner. The new one lives as long as the old one was made to live.
 *
 * @param overlap Seconds in which both are good; 0 ends the old one at once.
 * @throws {TypeError} for an overlap that is not a whole number from 0.
 */
export async function rotate(
  store: CredentialStore,
  id: string,
  overlap: number,
  now: number,
  announce?: Announce,
): Promise<RotationResult> {
  expectSeconds('overlap', overlap)
  expectTime('now', now)
  const old = await store.find(id)
  const obstacle = rotationObstacle(old, now)
  if (old === undefined || obstacle !== undefined) return { kind: obstacle ?? 'unknown' }
  const issued = await successorOf(old, now)
  const endsAt = Math.min(now + overlap, old.expiresAt ?? Number.MAX_SAFE_INTEGER)
  announce?.(issued.record)
  await replaceLeftBehind(store, old, id, endsAt, now)
  const outcome = await store.rotate(id, issued.record, endsAt, now)
  return outcome === 'rotated' ? { kind: 'rotated', issued, endsAt } : { kind: outcome }
}

/** A new credential for the same client on the same terms, which lives as long as the old one was made to live. */
export function successorOf(old: CredentialRecord, now: number): Promise<Issued> {
  const { expiresAt, revokedAt: _, replacedBy: __, lastUsedAt: ___, digest: ____, ...terms } = old
  const lifetime = expiresAt === undefined ? undefined : expiresAt - old.createdAt
  return make({ ...terms, createdAt: now, ...(lifetime === undefined ? {} : { expiresAt: now + lifetime }) })
}

/**
 * Seconds since the epoch at which a credential must have been replaced: its expiry or the age limit, whichever is
 * sooner. Undefined for one that needs no successor: revoked, replaced already, or past its end.
 */
export function dueAt(record: CredentialRecord, maxAge: number, now: number): number | undefined {
  if (record.revokedAt !== undefined || record.replacedBy !== undefined) return undefined
  if (record.expiresAt !== undefined && record.expiresAt <= now) return undefined
  return Math.min(record.createdAt + maxAge, record.expiresAt ?? Number.MAX_SAFE_INTEGER)
}

export function expectSeconds(name: string, seconds: number): void {
  if (!Number.isSafeInteger(seconds) || seconds < 0) throw new TypeError(`"${name}" must be whole seconds`)
}

/** Later than any time in seconds that is meant (the year 5138), earlier than now in milliseconds. */
const NO_SECONDS = 1e11

/** @throws {TypeError} for what is no time, or one in milliseconds: it would never come. */
function expectTime(name: string, seconds: number): void {
  if (Number.isSafeInteger(seconds) && seconds >= 0 && seconds <= NO_SECONDS) return
  const given = seconds > NO_SECONDS ? 'seconds, not milliseconds' : 'whole seconds since the epoch'
  throw new TypeError(`"${name}" must be ${given}: Math.floor(Date.now() / 1000) is now`)
}

const TERMS: Known<IssueTerms> = {
  kind: true,
  server: true,
  name: true,
  tenant: true,
  scopes: true,
  tools: true,
  notes: true,
  delivery: true,
  expiresAt: true,
}
const KINDS: readonly unknown[] = ['api-key', 'probe', 'secret-url'] satisfies readonly CredentialKind[]

/** What is not held here holds nobody back: a limit that is misspelled, or no list, is none. */
function checkTerms(terms: IssueTerms): void {
  if (!isOptions(terms)) throw new TypeError(`the terms must be an object: { kind: 'api-key', server, name }`)
  expectKnown(terms, TERMS)
  if (!KINDS.includes(terms.kind)) throw new TypeError(`"kind" must be one of ${KINDS.join(', ')}`)
  for (const member of ['server', 'name'] as const) {
    if (!isTexts([terms[member]])) throw new TypeError(`"${member}" must be a text that is not empty`)
  }
  for (const member of ['tenant', 'notes', 'delivery'] as const) {
    const text: unknown = terms[member]
    if (text !== undefined && typeof text !== 'string') throw new TypeError(`"${member}" must be a text, or left out`)
  }
  for (const member of ['scopes', 'tools'] as const) {
    if (terms[member] === undefined || isTexts(terms[member])) continue
    const example = member === 'tools' ? "['read_*']" : "['notes:read']"
    throw new TypeError(`"${member}" must be a list of texts, as ${example}; left out, nothing is limited`)
  }
  if (terms.expiresAt !== undefined) expectTime('expiresAt', terms.expiresAt)
}

async function make(facts: Omit<CredentialRecord, 'id' | 'digest'>): Promise<Issued> {
  const { id, secret } = mintSecret(facts.kind === 'secret-url' ? 'secret-url' : 'api-key')
  return { record: { ...facts, id, digest: await digestOf(secret) }, secret }
}
