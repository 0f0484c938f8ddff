import { hash, hkdfSync } from 'node:crypto'
import { openBytes, sealBytes } from '@portcullis/auth/crypto'
import type { Artifact, ArtifactFilter, ArtifactStore, MaybePromise, Spending } from '@portcullis/auth/store'

/** What can be known of something kept without opening it. */
export interface Marks {
  readonly grantId?: string | undefined
  /** A second name by which it is found. */
  readonly uid?: string | undefined
  readonly accountId?: string | undefined
  readonly clientId?: string | undefined
  /** Seconds since the epoch. */
  readonly expiresAt: number
}

export type Payload = Record<string, unknown>

/** Something to be kept under a name. */
export interface Entry {
  readonly model: string
  readonly id: string
  readonly payload: Payload
  readonly marks: Marks
}

export interface Kept {
  readonly payload: Payload
  readonly grantId?: string
  readonly accountId?: string
  readonly clientId?: string
  readonly consumedAt?: number
  readonly expiresAt: number
  /** What was answered when it was exchanged, as its keeper sealed it. */
  readonly answer?: Uint8Array
  /** It was spent long ago, and its payload is forgotten. */
  readonly isForgotten?: true
}

/**
 * Keeps things under names that are themselves secrets (a code, a token, a session id). Names are stored as hashes and
 * contents sealed with AES-256-GCM, bound to their name, so who reads or edits the database can use none of it.
 */
export class Vault {
  readonly store: ArtifactStore
  private readonly key: Uint8Array

  /** @param sealingKey 32 bytes. */
  constructor(store: ArtifactStore, sealingKey: Uint8Array) {
    this.store = store
    this.key = deriveKey(sealingKey, 'artifacts')
  }

  put(model: string, id: string, payload: Payload, marks: Marks): MaybePromise<void> {
    return this.store.put(this.seal(model, id, payload, marks))
  }

  /** For what has no account: of its kind at most so many remain, those that end last. */
  putUnclaimed(model: string, id: string, payload: Payload, marks: Marks, most: number): MaybePromise<void> {
    return this.store.putUnclaimed(this.seal(model, id, payload, marks), most)
  }

  /** For what an account may have so many of: of its kind at most so many of that account remain, those that end last. */
  putOfAccount(
    model: string,
    id: string,
    payload: Payload,
    marks: Marks & { readonly accountId: string },
    most: number,
  ): MaybePromise<void> {
    return this.store.putOfAccount({ ...this.seal(model, id, payload, marks), accountId: marks.accountId }, most)
  }

  /** Atomic: changes what is there under a name, and the name. @returns false where nothing is: nothing is put then. */
  replace(former: string, { model, id, payload, marks }: Entry): MaybePromise<boolean> {
    return this.store.replace(this.seal(model, id, payload, marks), hashOf(former))
  }

  /** @returns false when the name was used before: of any number of callers exactly one gets true. */
  putOnce(model: string, id: string, payload: Payload, marks: Marks): MaybePromise<boolean> {
    return this.store.putOnce(this.seal(model, id, payload, marks))
  }

  find(model: string, id: string, now: number): MaybePromise<Kept | undefined> {
    const found = this.store.find(model, hashOf(id), now)
    return found instanceof Promise ? found.then((late) => this.open(late)) : this.open(found)
  }

  /** Whether something is there under a name, which is not opened. */
  async holds(model: string, id: string, now: number): Promise<boolean> {
    return (await this.store.find(model, hashOf(id), now)) !== undefined
  }

  /** Whose it is that has this second name. It is not opened. */
  async ownerOf(model: string, uid: string, now: number): Promise<string | undefined> {
    return (await this.store.findByUid(model, hashOf(uid), now))?.accountId
  }

  findByUid(model: string, uid: string, now: number): MaybePromise<Kept | undefined> {
    const found = this.store.findByUid(model, hashOf(uid), now)
    return found instanceof Promise ? found.then((late) => this.open(late)) : this.open(found)
  }

  spend(model: string, id: string, now: number): MaybePromise<Spending> {
    return this.store.spend(model, hashOf(id), now)
  }

  /**
   * Atomic: spends one thing and puts those it is exchanged for; changes nothing unless the outcome is `spent`.
   * @param answer Kept with what was spent; sealed by the caller.
   */
  exchange(
    spent: { readonly model: string; readonly id: string },
    entries: readonly Entry[],
    now: number,
    answer?: Uint8Array,
  ): MaybePromise<Spending> {
    return this.store.exchange(
      {
        model: spent.model,
        idHash: hashOf(spent.id),
        successors: entries.map(({ model, id, payload, marks }) => this.seal(model, id, payload, marks)),
        ...(answer === undefined ? {} : { answer }),
      },
      now,
    )
  }

  /** @returns whether it was there: of any number of callers exactly one gets true. */
  remove(model: string, id: string): MaybePromise<boolean> {
    return this.store.remove(model, hashOf(id))
  }

  /** Everything that `filter` picks, a page at a time. What cannot be opened (sealed with another key) is left out. */
  async *each(filter: ArtifactFilter, now: number): AsyncGenerator<Kept> {
    for (let { after = '' } = filter; ; ) {
      const page = await this.store.list({ ...filter, after }, now)
      for (const artifact of page) {
        const kept = this.open(artifact)
        if (kept !== undefined) yield kept
      }
      const last = page.at(-1)
      if (last === undefined) return
      after = last.idHash
    }
  }

  private seal(model: string, id: string, payload: Payload, marks: Marks): Artifact {
    const { grantId, uid, accountId, clientId, expiresAt } = marks
    const idHash = hashOf(id)
    return {
      model,
      idHash,
      payload: sealBytes(this.key, Buffer.from(JSON.stringify(payload)), `${model} ${idHash}`),
      expiresAt,
      ...(grantId === undefined ? {} : { grantId }),
      ...(uid === undefined ? {} : { uidHash: hashOf(uid) }),
      ...(accountId === undefined ? {} : { accountId }),
      ...(clientId === undefined ? {} : { clientId }),
    }
  }

  private open(artifact: Artifact | undefined): Kept | undefined {
    if (artifact === undefined) return undefined
    const { model, idHash, payload, uidHash: _, ...marks } = artifact
    if (payload.length === 0)
      return marks.consumedAt === undefined ? undefined : { ...marks, payload: {}, isForgotten: true }
    try {
      const text = Buffer.from(openBytes(this.key, payload, `${model} ${idHash}`)).toString('utf8')
      return { ...marks, payload: JSON.parse(text) }
    } catch {
      // Damaged, or of another sealing key: as good as not there.
      return undefined
    }
  }
}

/** SHA-256, base64url: names are random and long, so a plain hash hides them. */
export function hashOf(name: string): string {
  return hash('sha256', name, 'base64url')
}

/** A key for one use, made from the sealing key: HKDF-SHA-256 (RFC 5869), 32 bytes. */
export function deriveKey(sealingKey: Uint8Array, use: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', sealingKey, '', `portcullis issuer ${use}`, 32))
}
