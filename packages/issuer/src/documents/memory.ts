import type { ClientDocument } from './read-document.ts'

/** How many documents are remembered of clients that nobody used yet, and of those that are known. */
const STRANGERS = 500
const KNOWN = 500
/** How long the document of a known client stands in for one that cannot be had for the moment. Seconds. */
const STALE = 24 * 3600

interface Kept {
  readonly document: ClientDocument
  readonly until: number
}

/** Documents by URL. Where there are too many, the one goes that was not asked for longest; strangers push out strangers. */
export class DocumentMemory {
  private readonly known = new Map<string, Kept>()
  private readonly strangers = new Map<string, Kept>()

  /** A document that still counts. @param isKnown Whether a person or the operator let the client in before. */
  fresh(clientId: string, isKnown: boolean, now: number): ClientDocument | undefined {
    const kept = this.of(clientId)
    if (kept === undefined) return undefined
    this.place(clientId, isKnown, kept)
    return kept.until > now ? kept.document : undefined
  }

  /** One that counted until not long ago, of a client that is known. */
  stale(clientId: string, now: number): ClientDocument | undefined {
    const kept = this.known.get(clientId)
    return kept !== undefined && kept.until + STALE > now ? kept.document : undefined
  }

  keep(clientId: string, isKnown: boolean, document: ClientDocument, until: number): void {
    this.place(clientId, isKnown, { document, until })
  }

  forget(clientId: string): void {
    this.known.delete(clientId)
    this.strangers.delete(clientId)
  }

  has(clientId: string): boolean {
    return this.of(clientId) !== undefined
  }

  /** Whether any client has its keys at a URL of its own host. */
  isOwnKeySet(target: string, host: string): boolean {
    const isOwn = ([id, { document }]: readonly [string, Kept]) =>
      document.keys.jwks_uri === target && new URL(id).hostname === host
    return this.known.entries().some(isOwn) || this.strangers.entries().some(isOwn)
  }

  private of(clientId: string): Kept | undefined {
    return this.known.get(clientId) ?? this.strangers.get(clientId)
  }

  /** At the end: a map keeps the order in which it was written to, and what stands in front goes first. */
  private place(clientId: string, isKnown: boolean, kept: Kept): void {
    this.forget(clientId)
    const [map, most] = isKnown ? [this.known, KNOWN] : [this.strangers, STRANGERS]
    if (map.size >= most) map.delete(map.keys().next().value as string)
    map.set(clientId, kept)
  }
}
