import type { CredentialKind, CredentialRecord, CredentialStore, MaybePromise } from '../store/index.ts'
import { Shelf } from './shelf.ts'

/** What many credentials have in common. One object for all who share it, so it can carry what is compiled from it. */
export interface Terms {
  readonly kind: CredentialKind
  readonly server: string
  readonly tenant?: string
  readonly scopes?: readonly string[]
  readonly tools?: readonly string[]
}

/** A credential as a check sees it. */
export interface Entry {
  /** Compared in constant time. At once where the runtime hashes at once. */
  isDigestOf(secret: string): MaybePromise<boolean>
  readonly clientId: string
  readonly terms: Terms
  /** Seconds since the epoch; 0: never. */
  readonly expiresAt: number
  /** Seconds since the epoch; 0: not revoked. */
  readonly revokedAt: number
  /** Seconds since the epoch, of the last use that was noted; 0: none. */
  readonly usedAt: number
}

/** What is asked of a store here. */
type ReadStore = Pick<CredentialStore, 'find' | 'list' | 'changes' | 'touch'>

/** Records read at once while loading: a turn of the loop stays short. */
const LOAD_STEP = 500
/** A credential's last use is written at most this often, in seconds. */
const USE_STEP = 600
/** Uses that wait to be written; further ones are noted at their next use. */
const USES_WAITING = 1000

/**
 * All credentials in memory, as current as the store's feed of changes.
 *
 * What is here is a copy of facts, not a decision: expiry and revocation are compared anew on each request, after
 * the feed has been asked (at most once per turn of the event loop). While records are still being loaded, or after
 * the store said that everything may have changed, the answer comes from the store itself.
 */
export class CredentialDirectory {
  readonly #shelf = new Shelf()
  readonly #terms: Terms[] = []
  readonly #termsByText = new Map<string, number>()
  #generation = 0
  #isComplete = false
  /** Who was noted later than this is not noted again in this turn. */
  #notedSince = Number.POSITIVE_INFINITY
  #isFresh = false
  /** For stores that answer by promise: the look at the changes that is under way, and the one that will follow it. */
  #looking: Promise<void> | undefined
  #following: Promise<void> | undefined
  /** Counts what was taken in, so that an answer from before can be told. */
  #changesTaken = 0
  readonly #changedWhileLoading = new Set<string>()
  #waitingUses = new Map<string, number>()
  readonly #store: ReadStore
  readonly #defer: (work: () => void) => void

  /** @param defer Runs work in a later turn of the event loop (`setImmediate` on Node). */
  constructor(store: ReadStore, defer: (work: () => void) => void) {
    this.#store = store
    this.#defer = defer
  }

  get size(): number {
    return this.#shelf.size
  }

  get isLoaded(): boolean {
    return this.#isComplete
  }

  /**
   * Takes in what changed since the last look; at most once per turn. Returns a promise only when the store does.
   * @throws when the store does not answer: then nothing here counts, and the caller refuses.
   */
  freshen(): MaybePromise<void> {
    if (this.#isFresh) return
    if (this.#looking === undefined && this.#following === undefined) return this.#look()
    // A look that began earlier may have missed what was changed since. The next one speaks for all who came meanwhile.
    this.#following ??= (this.#looking ?? Promise.resolve()).then(nothing, nothing).then(() => {
      this.#following = undefined
      return this.#look()
    })
    return this.#following
  }

  #look(): MaybePromise<void> {
    const changes = this.#store.changes()
    const taken = changes instanceof Promise ? changes.then((ids) => this.#apply(ids)) : this.#apply(changes)
    if (taken instanceof Promise) {
      const done = () => {
        if (this.#looking === taken) this.#looking = undefined
      }
      taken.then(done, done)
      this.#looking = taken
      return taken
    }
    this.#isFresh = true
    this.#defer(() => {
      this.#isFresh = false
      this.#notedSince = Number.POSITIVE_INFINITY
    })
  }

  #apply(changes: readonly string[] | 'everything'): MaybePromise<void> {
    if (changes === 'everything') return this.#reload()
    // A promise of another make would pass for a list of nothing, and what was revoked would stay good.
    if (!Array.isArray(changes) || !changes.every((id) => typeof id === 'string'))
      throw new TypeError('changes() gives a list of ids, "everything" or a Promise')
    if (changes.length > 0) return this.#takeChanged(changes)
  }

  #takeChanged(ids: readonly string[]): MaybePromise<void> {
    this.#changesTaken++
    if (!this.#isComplete) for (const id of ids) this.#changedWhileLoading.add(id)
    try {
      const waiting: Promise<void>[] = []
      for (const id of ids) {
        const record = this.#store.find(id)
        if (record instanceof Promise) waiting.push(record.then((found) => this.#takeAnew(found)))
        else this.#takeAnew(record)
      }
      if (waiting.length > 0) return Promise.all(waiting).then(nothing, (error) => this.#doubtEverything(error))
    } catch (error) {
      this.#doubtEverything(error)
    }
  }

  /** The feed has told of a change once and will not again, so what could not be read makes all of it doubtful. */
  #doubtEverything(error: unknown): never {
    this.#reload()
    throw error
  }

  #reload(): void {
    this.#generation++
    this.#changesTaken++
    this.#isComplete = false
    this.#loadFrom('', this.#generation)
  }

  /** What is known of an id now. Ask after `freshen`. */
  find(id: string): MaybePromise<Entry | undefined> {
    const row = this.#shelf.find(id)
    if (row !== -1 && this.#shelf.generation(row) === this.#generation) return this.#entry(row)
    if (this.#isComplete) return undefined
    const record = this.#store.find(id)
    if (!(record instanceof Promise)) return this.#taken(record)
    const changesTaken = this.#changesTaken
    // What was taken in while the answer was on its way is newer than the answer.
    return record.then((found) => (changesTaken === this.#changesTaken ? this.#taken(found) : this.find(id)))
  }

  /** Notes that a credential was used. Written later, by `writeUses`. @param clock Looked at once in a turn. */
  noteUse(id: string, { usedAt }: Entry, clock: () => number): void {
    if (usedAt > this.#notedSince) return
    const now = clock()
    if (this.#isFresh) this.#notedSince = now - USE_STEP
    if (now - usedAt < USE_STEP || this.#waitingUses.size >= USES_WAITING) return
    const row = this.#shelf.find(id)
    if (row === -1) return
    this.#shelf.markUsed(row, now)
    this.#waitingUses.set(id, now)
  }

  /** @throws when the store does not take them; they are kept for the next time. */
  async writeUses(): Promise<void> {
    if (this.#waitingUses.size === 0) return
    const uses = this.#waitingUses
    this.#waitingUses = new Map()
    try {
      await this.#store.touch(uses)
    } catch (error) {
      this.#waitingUses = new Map([...uses, ...this.#waitingUses])
      throw error
    }
  }

  #loadFrom(after: string, generation: number): void {
    this.#defer(async () => {
      if (generation !== this.#generation) return
      let records: readonly CredentialRecord[]
      this.#changedWhileLoading.clear()
      try {
        const listed = this.#store.list({ after, limit: LOAD_STEP })
        records = listed instanceof Promise ? await listed : listed
        if (generation !== this.#generation) return
        // What changed while an answer was on its way was taken in by `takeChanged`, newer than this.
        for (const record of records) if (!this.#changedWhileLoading.has(record.id)) this.#takeListed(record)
      } catch {
        // Until loading goes on each check asks the store, which says more clearly what is wrong with it.
        setTimeout(() => this.#loadFrom(after, generation), 1000).unref?.()
        return
      }
      if (records.length < LOAD_STEP) this.#finishLoading()
      else this.#loadFrom((records[records.length - 1] as CredentialRecord).id, generation)
    })
  }

  /** One that cannot be kept here shuts out its holder, and must not keep the others from being loaded. */
  #takeListed(record: CredentialRecord): void {
    try {
      this.#take(record)
    } catch {}
  }

  #finishLoading(): void {
    this.#isComplete = true
    this.#changedWhileLoading.clear()
  }

  #taken(record: CredentialRecord | undefined): Entry | undefined {
    if (record === undefined) return undefined
    this.#take(record)
    return this.#entry(this.#shelf.find(record.id))
  }

  /** One that has changed. Where it is gone, so is what was taken in of it, with all the rest. */
  #takeAnew(record: CredentialRecord | undefined): void {
    if (record === undefined) this.#reload()
    else this.#take(record)
  }

  #take(record: CredentialRecord): void {
    this.#shelf.put(record, this.#termsOf(record), this.#generation)
  }

  #entry(row: number): Entry {
    return new Held(this.#shelf, this.#terms, row)
  }

  #termsOf({ kind, server, tenant, scopes, tools }: CredentialRecord): number {
    const text = JSON.stringify([kind, server, tenant, scopes, tools])
    const known = this.#termsByText.get(text)
    if (known !== undefined) return known
    const terms: Terms = {
      kind,
      server,
      ...(tenant === undefined ? {} : { tenant }),
      ...(scopes === undefined ? {} : { scopes }),
      ...(tools === undefined ? {} : { tools }),
    }
    this.#terms.push(terms)
    this.#termsByText.set(text, this.#terms.length - 1)
    return this.#terms.length - 1
  }
}

function nothing(): void {}

/** A row as it is now. Reads what is asked for: most checks ask once for each. */
class Held implements Entry {
  readonly #shelf: Shelf
  readonly #all: readonly Terms[]
  readonly #row: number

  constructor(shelf: Shelf, all: readonly Terms[], row: number) {
    this.#shelf = shelf
    this.#all = all
    this.#row = row
  }

  isDigestOf(secret: string): MaybePromise<boolean> {
    return this.#shelf.isDigestOf(this.#row, secret)
  }

  get clientId(): string {
    return this.#shelf.clientId(this.#row)
  }

  get terms(): Terms {
    return this.#all[this.#shelf.terms(this.#row)] as Terms
  }

  get expiresAt(): number {
    return this.#shelf.expiresAt(this.#row)
  }

  get revokedAt(): number {
    return this.#shelf.revokedAt(this.#row)
  }

  get usedAt(): number {
    return this.#shelf.usedAt(this.#row)
  }
}
