import type { MaybePromise, RevocationEntry, RevocationKind, RevocationStore } from '../store/index.ts'

/** What of a token can be ended early. */
export interface Endable {
  readonly tokenId: string
  readonly grantId?: string | undefined
  readonly subject: string
  readonly clientId: string
  /** Seconds since the epoch. */
  readonly issuedAt: number
}

/** How often entries that no longer matter are dropped, in seconds. */
const TIDY_SECONDS = 60

/**
 * Tokens that ended before their time, in memory, as current as the store's feed: asked at most once per turn of the
 * event loop. Holds only what can still matter, so it stays as small as what was revoked within a token's lifetime.
 */
export class Revoked {
  readonly #store: RevocationStore
  readonly #now: () => number
  readonly #defer: (work: () => void) => void
  readonly #ends = new Map<string, RevocationEntry>()
  #isFresh = false
  #looking: Promise<void> | undefined
  #tidiedAt = 0

  constructor(store: RevocationStore, now: () => number, defer: (work: () => void) => void) {
    this.#store = store
    this.#now = now
    this.#defer = defer
  }

  /** @throws when the store does not answer: then nobody knows which tokens still count. */
  freshen(): MaybePromise<void> {
    if (this.#isFresh) return
    if (this.#looking !== undefined) return this.#looking.then(() => this.freshen())
    const news = this.#store.news(this.#now())
    if (!(news instanceof Promise)) return this.#take(news)
    const done = () => {
      this.#looking = undefined
    }
    this.#looking = news.then((entries) => this.#take(entries))
    this.#looking.then(done, done)
    return this.#looking
  }

  /** What has ended a token; undefined while it stands. Ask after `freshen`. */
  endOf({ tokenId, grantId, subject, clientId, issuedAt }: Endable): RevocationKind | undefined {
    if (this.#ends.size === 0) return undefined
    if (this.#ends.has(`token ${tokenId}`)) return 'token'
    if (grantId !== undefined && this.#ends.has(`grant ${grantId}`)) return 'grant'
    if (issuedAt <= (this.#ends.get(`account ${subject}`)?.at ?? -1)) return 'account'
    return issuedAt <= (this.#ends.get(`client ${clientId}`)?.at ?? -1) ? 'client' : undefined
  }

  #take(entries: readonly RevocationEntry[]): void {
    for (const entry of entries) {
      const name = `${entry.kind} ${entry.id}`
      const known = this.#ends.get(name)
      if (known === undefined || known.at <= entry.at) this.#ends.set(name, entry)
    }
    this.#tidy()
    this.#isFresh = true
    this.#defer(() => {
      this.#isFresh = false
    })
  }

  #tidy(): void {
    const now = this.#now()
    if (now - this.#tidiedAt < TIDY_SECONDS) return
    this.#tidiedAt = now
    for (const [name, { expiresAt }] of this.#ends) if (expiresAt <= now) this.#ends.delete(name)
  }
}
