import { importVerificationKey, openBytes, readJwtHeader, sealBytes, verifyJwt } from '@portcullis/auth/crypto'
import type { SigningKeyRecord, SigningKeyStore } from '@portcullis/auth/store'
import type { IssuerEvent, OnIssuerEvent } from '../events.ts'
import { deriveKey } from '../vault/index.ts'
import { type Algorithm, makeKey, publicHalf, type SigningKey } from './make.ts'
import { isDue, type Schedule, signerOf, superseded } from './schedule.ts'

export interface SigningNeeds extends Schedule {
  readonly store: SigningKeyStore
  readonly sealingKey: Uint8Array
  /** What new keys are made for; where it changes, the next key follows at once. */
  readonly algorithm: Algorithm
  /** Current time, seconds since the epoch. */
  readonly now: () => number
  readonly onEvent: OnIssuerEvent
}

/**
 * - `planned`: the new key is published now and signs later; nobody notices.
 * - `at_once`: it signs now. Who keeps an older key set must fetch it again.
 * - `compromised`: as `at_once`, and what the others have signed no longer counts.
 */
export type RotationKind = 'planned' | 'at_once' | 'compromised'

/** A published key. Times are seconds since the epoch. */
export interface SigningKeyView {
  readonly kid: string
  readonly algorithm: string
  /** `next`: published, and not its turn yet. `previous`: checks what it has signed, and signs no more. */
  readonly state: 'next' | 'signs' | 'previous'
  readonly createdAt: number
  readonly activeAt: number
  readonly retiredAt?: number
}

type VerificationKey = Awaited<ReturnType<typeof importVerificationKey>>

/** Keys that access tokens are signed with: made here, kept sealed, the same for all processes on one store. */
export class SigningKeys {
  private readonly needs: SigningNeeds
  private readonly sealing: Uint8Array
  /** What `refresh` has seen last. */
  private seen = ''
  private published: readonly SigningKey[] = []
  private readonly imported = new Map<string, Promise<VerificationKey>>()

  constructor(needs: SigningNeeds) {
    this.needs = needs
    this.sealing = deriveKey(needs.sealingKey, 'signing keys')
  }

  /**
   * Does what is due, and looks for what other processes did: to be called every few seconds.
   * @returns the published keys, the one that signs first; undefined when they are what they were.
   * @throws when the sealing key is not the one that keys were sealed with.
   */
  async refresh(): Promise<readonly SigningKey[] | undefined> {
    const { store, now } = this.needs
    const records = await this.maintain()
    const signer = signerOf(records, now())
    const sight = `${await store.version()} ${signer?.kid} ${records.length}`
    if (sight === this.seen) return undefined
    const ordered = records.toSorted((a, b) => Number(b === signer) - Number(a === signer))
    this.published = ordered.map((record) => this.open(record))
    this.imported.clear()
    this.seen = sight
    return this.published
  }

  /** The claims of a JWT that a published key has signed as an access token (RFC 9068 §4). Its times are not looked at. */
  async verify(token: string): Promise<Readonly<Record<string, unknown>> | undefined> {
    const header = readJwtHeader(token)
    const key = this.published.find(({ kid }) => kid === header?.kid)
    if (header?.typ !== 'at+jwt' || key === undefined || key.alg !== header.alg) return undefined
    const known = this.imported.get(key.kid) ?? importVerificationKey(publicHalf(key))
    this.imported.set(key.kid, known)
    return verifyJwt(token, await known)
  }

  async list(): Promise<readonly SigningKeyView[]> {
    const records = await this.needs.store.list(this.needs.now())
    const signer = signerOf(records, this.needs.now())
    return records.map(({ sealed: _, ...record }) => ({
      ...record,
      state:
        record.kid === signer?.kid ? 'signs' : record.activeAt > (signer?.activeAt ?? Infinity) ? 'next' : 'previous',
    }))
  }

  /** @returns the new key's id; undefined when another process was quicker, or a planned one waits for its turn. */
  async rotate(kind: RotationKind, actor: IssuerEvent['actor'] = 'command'): Promise<string | undefined> {
    const { store, now, publishAhead, onEvent } = this.needs
    const records = await store.list(now())
    const newest = records.at(-1)
    if (newest === undefined || (kind === 'planned' && newest.activeAt > now())) return undefined
    // Keys take turns by the second; two never begin in the same one.
    const soonest = records.some(({ activeAt }) => activeAt === now()) ? now() + 1 : now()
    const record = this.make(kind === 'planned' ? now() + publishAhead : soonest)
    if (!(await store.insertAfter(newest.kid, record))) return undefined
    onEvent({ type: 'signing_key.rotated', actor, detail: { kid: record.kid, kind, activeAt: record.activeAt } })
    if (kind === 'compromised') for (const { kid } of records) await this.retire(kid, now(), actor)
    return record.kid
  }

  private async maintain(): Promise<readonly SigningKeyRecord[]> {
    const { store, algorithm, now, onEvent } = this.needs
    let records = await store.list(now())
    if (records.length === 0) {
      const first = this.make(now())
      if (await store.insertFirst(first)) {
        onEvent({ type: 'signing_key.created', actor: 'issuer', detail: { kid: first.kid, algorithm } })
      }
    } else if (isDue(records, algorithm, now(), this.needs)) {
      await this.rotate('planned', 'issuer')
    }
    records = await store.list(now())
    for (const { kid, at } of superseded(records, now(), this.needs)) await this.retire(kid, at, 'issuer')
    return store.list(now())
  }

  private async retire(kid: string, at: number, actor: IssuerEvent['actor']): Promise<void> {
    if (!(await this.needs.store.retire(kid, at))) return
    this.needs.onEvent({ type: 'signing_key.retired', actor, detail: { kid, at } })
  }

  private make(activeAt: number): SigningKeyRecord {
    const { algorithm, now } = this.needs
    const { kid, key } = makeKey(algorithm)
    const sealed = sealBytes(this.sealing, Buffer.from(JSON.stringify(key)), kid)
    return { kid, algorithm, sealed, createdAt: now(), activeAt }
  }

  private open({ kid, algorithm, sealed }: SigningKeyRecord): SigningKey {
    const key = JSON.parse(Buffer.from(openBytes(this.sealing, sealed, kid)).toString('utf8'))
    return { ...key, kid, alg: algorithm, use: 'sig' }
  }
}
