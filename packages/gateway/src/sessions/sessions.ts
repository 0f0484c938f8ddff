import { hash } from 'node:crypto'
import { openBytes, randomText, sealBytes } from '@portcullis/auth/crypto'
import type { MaybePromise, SessionRecord, SessionStore } from '@portcullis/auth/store'

/** A legacy session of one principal with one server. */
export interface Session {
  /** What the caller holds: 192 random bits. Finds the session, proves nothing. */
  readonly id: string
  readonly idHash: string
  /** First eight hex digits of the id's SHA-256: for the record. */
  readonly shortHash: string
  readonly server: string
  readonly principalKey: string
  /** The upstream's own id; the caller never sees it. */
  readonly upstreamSession: string
  readonly conversation: Conversation
  /** The revision that the caller's first request with an `MCP-Protocol-Version` named. */
  revision?: string | undefined
  /** Seconds since the epoch. */
  lastSeenAt: number
  /** Answers that are under way: a session with one is not idle. */
  open: number
}

/** Requests of the server that the caller may still answer, by the JSON text of their ids. */
export class Conversation {
  private readonly asked = new Set<string>()

  /** Beyond this many unanswered ones the oldest is forgotten. */
  static readonly LIMIT = 1000

  ask(id: string): void {
    if (this.asked.size >= Conversation.LIMIT) this.asked.delete(this.asked.values().next().value as string)
    this.asked.add(shortOf(id))
  }

  /** @returns false when nobody asked, or somebody has answered already. */
  answer(id: string): boolean {
    return this.asked.delete(shortOf(id))
  }
}

/** Longer ids are kept as their digest: how long they are is the server's choice. In UTF-16 units. */
const MAX_ID = 256

/** A digest cannot be taken for another id, which is JSON. */
function shortOf(id: string): string {
  // A copy: a piece of a message would keep the whole message.
  return id.length > MAX_ID ? `sha256 ${hashOf(id)}` : Buffer.from(id).toString()
}

export interface SessionOptions {
  readonly store: SessionStore
  /** 32 bytes. The upstream's ids are kept under it. */
  readonly sealingKey: Uint8Array
  readonly maxSessions: number
  /** Current time, in seconds since the epoch. */
  readonly now: () => number
  /** Called for each session that ends, or never begins, without its caller having asked for that. */
  readonly onDropped: (session: Pick<Session, 'server' | 'principalKey' | 'upstreamSession'>) => void
}

/** An idle session younger than this is not given up for another caller's, in seconds. */
const GRACE = 60
const GONE = 'gone'

/**
 * Legacy sessions as the gate minted them, bound to principal (with its tenant) and server. Somebody else's session
 * does not exist. Those of upstreams that outlive the gate are kept in the store, so a restart is not noticed.
 */
export class Sessions {
  /** The longest unused first. */
  private readonly live = new Map<string, Session>()
  /** How many of them each principal has. */
  private readonly held = new Map<string, number>()
  private readonly options: SessionOptions
  private seen = new Map<string, number>()
  /** What the store has not taken yet, by hash: sessions to keep, and `GONE` for those that have ended. */
  private readonly owed = new Map<string, Session | typeof GONE>()

  constructor(options: SessionOptions) {
    this.options = options
  }

  get size(): number {
    return this.live.size
  }

  /**
   * @param isLasting Whether the upstream will know its id after a restart of the gate.
   * @returns undefined when there is no room and nothing idle to give up for it.
   */
  mint(server: string, principalKey: string, upstreamSession: string, isLasting: boolean): Session | undefined {
    if (this.live.size >= this.options.maxSessions && !this.makeRoom(principalKey)) {
      this.options.onDropped({ server, principalKey, upstreamSession })
      return undefined
    }
    const id = randomText(24)
    const session = this.remember(id, { server, principalKey, upstreamSession })
    if (isLasting) this.write(session.idHash, session)
    return session
  }

  /** The session if it is this principal's on this server; who else asks finds nothing. */
  find(id: string, server: string, principalKey: string): MaybePromise<Session | undefined> {
    const known = this.live.get(id)
    if (known !== undefined) return this.ifOwn(known, server, principalKey)
    // Sessions of children are never stored, and ids of ours have one length.
    if (id.length !== 32) return undefined
    const idHash = hashOf(id)
    // It has ended, and the store has not heard of that yet.
    if (this.owed.has(idHash)) return undefined
    const record = this.options.store.find(idHash)
    const recall = (found: SessionRecord | undefined): Session | undefined =>
      // Somebody else's is left where it is: who may not have it must not make others pay for its place.
      found?.server === server && found.principalKey === principalKey ? this.recall(id, found) : undefined
    return record instanceof Promise ? record.then(recall) : recall(record)
  }

  /** Forgets a session: its caller or its upstream has ended it. */
  end(session: Session): void {
    if (this.live.delete(session.id)) this.count(session.principalKey, -1)
    this.seen.delete(session.idHash)
    this.write(session.idHash, GONE)
  }

  /**
   * Ends what has been idle for longer than `idleSeconds`, and writes what the store has not taken yet.
   * @throws when the store does not take when sessions were last seen; that is kept for the next time.
   */
  async sweep(idleSeconds: number): Promise<void> {
    const now = this.options.now()
    const before = now - idleSeconds
    for (const session of this.live.values()) {
      const isUsed = session.open > 0 && now - session.lastSeenAt > idleSeconds / 2
      // One that was seen later than now was so by a clock that has been set back since.
      if (isUsed || session.lastSeenAt > now) this.noteSeen(session, now)
      else if (session.open === 0 && session.lastSeenAt < before) this.drop(session)
    }
    for (const [idHash, what] of [...this.owed]) this.write(idHash, what)
    await this.writeSeen()
    await this.options.store.prune(before)
  }

  private async writeSeen(): Promise<void> {
    const { seen } = this
    if (seen.size === 0) return
    this.seen = new Map()
    try {
      await this.options.store.touch(seen)
    } catch (error) {
      this.seen = new Map([...seen, ...this.seen])
      throw error
    }
  }

  private ifOwn(session: Session, server: string, principalKey: string): Session | undefined {
    if (session.server !== server || session.principalKey !== principalKey) return undefined
    const now = this.options.now()
    if (session.lastSeenAt !== now) {
      this.noteSeen(session, now)
      this.live.delete(session.id)
      this.live.set(session.id, session)
    }
    return session
  }

  private noteSeen(session: Session, now: number): void {
    session.lastSeenAt = now
    this.seen.set(session.idHash, now)
  }

  /** The store is for the next start; while it takes nothing, sessions begin and end all the same. */
  private write(idHash: string, what: Session | typeof GONE): void {
    const { store, maxSessions } = this.options
    if (this.owed.size > maxSessions) this.owed.delete(this.owed.keys().next().value as string)
    this.owed.set(idHash, what)
    const taken = (): void => {
      if (this.owed.get(idHash) === what) this.owed.delete(idHash)
    }
    Promise.try(() => (what === GONE ? store.remove(idHash) : store.put(this.toRecord(what)))).then(taken, () => {})
  }

  /**
   * Whoever holds the most pays: one that opens many sessions leaves the others theirs. Where all hold alike, the
   * caller pays with its own, and of somebody else's only one that has been idle for a while is given up.
   */
  private makeRoom(principalKey: string): boolean {
    const limit = this.options.now() - GRACE
    const own = this.heldBy(principalKey)
    let payer: Session | undefined
    for (const session of this.live.values()) {
      if (session.open > 0) continue
      const held = this.heldBy(session.principalKey)
      const isOwn = session.principalKey === principalKey
      if (!isOwn && held <= own + 1 && session.lastSeenAt >= limit) continue
      const most = payer === undefined ? -1 : this.heldBy(payer.principalKey)
      if (held > most || (held === most && isOwn && payer?.principalKey !== principalKey)) payer = session
    }
    if (payer === undefined) return false
    this.drop(payer)
    return true
  }

  private heldBy(principalKey: string): number {
    return this.held.get(principalKey) ?? 0
  }

  private count(principalKey: string, by: 1 | -1): void {
    const held = this.heldBy(principalKey) + by
    if (held === 0) this.held.delete(principalKey)
    else this.held.set(principalKey, held)
  }

  private drop(session: Session): void {
    this.end(session)
    this.options.onDropped(session)
  }

  private remember(id: string, facts: Pick<Session, 'server' | 'principalKey' | 'upstreamSession'>): Session {
    const idHash = hashOf(id)
    const session: Session = {
      ...facts,
      id,
      idHash,
      shortHash: Buffer.from(idHash, 'base64url').toString('hex', 0, 4),
      conversation: new Conversation(),
      lastSeenAt: this.options.now(),
      open: 0,
    }
    if (!this.live.has(id)) this.count(session.principalKey, 1)
    this.live.set(id, session)
    return session
  }

  private recall(id: string, record: SessionRecord): Session | undefined {
    const known = this.live.get(id)
    if (known !== undefined) return known
    const { idHash, server, principalKey } = record
    const upstreamSession = this.unseal(record)
    if (upstreamSession === undefined) return undefined
    if (this.live.size >= this.options.maxSessions && !this.makeRoom(principalKey)) return undefined
    this.seen.set(idHash, this.options.now())
    return this.remember(id, { server, principalKey, upstreamSession })
  }

  private unseal({ idHash, upstreamSession }: SessionRecord): string | undefined {
    if (upstreamSession === undefined) return undefined
    try {
      return Buffer.from(openBytes(this.options.sealingKey, upstreamSession, idHash)).toString()
    } catch {
      // Sealed under a key that is gone: the caller starts a new session, which is what a 404 tells it.
      this.write(idHash, GONE)
      return undefined
    }
  }

  private toRecord(session: Session): SessionRecord {
    const { idHash, server, principalKey, upstreamSession, lastSeenAt } = session
    const sealed = sealBytes(this.options.sealingKey, Buffer.from(upstreamSession), idHash)
    return { idHash, server, principalKey, upstreamSession: sealed, lastSeenAt }
  }
}

function hashOf(id: string): string {
  return hash('sha256', id, 'base64url')
}
