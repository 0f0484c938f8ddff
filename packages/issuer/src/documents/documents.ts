import type { ClientMetadata } from '../client-metadata/index.ts'
import { ClientRefused } from '../engine/index.ts'
import { Tally } from '../limits/index.ts'
import { Courtesy, type FetchFault, FetchRefused, faultOfHost, type Outbound, responseOf } from '../outbound/index.ts'
import { networkOf } from '../web/index.ts'
import { faultOfAddress } from './address.ts'
import { busy, faultOfAnswer, isPassing, refusalFor } from './faults.ts'
import { freshFor } from './freshness.ts'
import { DocumentMemory } from './memory.ts'
import { type ClientDocument, type DocumentRules, readDocument } from './read-document.ts'
import { Slots } from './slots.ts'
import type { Trust } from './trust.ts'

/** The most bytes of a document, and the most seconds for it (requirements AS-32). */
const DOCUMENT = { bytes: 5 * 1024, seconds: 2.5 } as const
/** Key sets hold certificates at times. */
const KEY_SET = { bytes: 64 * 1024, seconds: 2.5 } as const
export interface DocumentsOptions extends Omit<DocumentRules, 'allowsLoopback'> {
  readonly outbound: Outbound
  readonly trust: Trust
  /** Told once a minute for each reason, with the last host and network, and how many there were. */
  readonly onRefused?: (refused: RefusedDocument) => void
  /** Current time, seconds since the epoch. */
  readonly now: () => number
}

/** Why a document could not be had: a fault of the fetch, or `document` for what was answered. */
export interface RefusedDocument {
  readonly reason: FetchFault | 'document'
  readonly host: string
  readonly network: string
  readonly count: number
}

/** Who asks for a document, and what is known of its client. */
export interface DocumentAsked {
  /** Whether the operator named this very client: then the list of hosts does not matter. */
  readonly isApproved?: boolean
  /** Whether a person or the operator let it in before: then strangers cannot keep it out. */
  readonly isKnown?: boolean
  /** Whether it is about to prove itself with a key: counts where the document leaves that open. */
  readonly hasKey?: boolean
  /** Address of who asks. */
  readonly peer?: string | undefined
}

/** What clients say of themselves at the URL that is their id (CIMD). Kept as long as its headers allow, in memory. */
export class Documents {
  private readonly options: DocumentsOptions
  private readonly rules: DocumentRules
  private readonly courtesy = new Courtesy()
  private readonly slots = new Slots()
  private readonly memory = new DocumentMemory()
  private readonly tally = new Tally()
  private readonly underWay = new Map<string, Promise<ClientDocument>>()

  constructor(options: DocumentsOptions) {
    this.options = options
    this.rules = { ...options, allowsLoopback: options.outbound.allowsLoopback }
  }

  /** @throws {ClientRefused} when it cannot be had or does not count, with a reason for the person and the client's makers. */
  async find(clientId: string, asked: DocumentAsked = {}): Promise<ClientMetadata> {
    const { isApproved = false, isKnown = false, hasKey = false } = asked
    const url = this.check(clientId, isApproved)
    const document =
      this.memory.fresh(clientId, isKnown, this.options.now()) ?? (await this.fetchOrMakeDo(url, clientId, asked))
    const { metadata, proof, keys } = document
    const byKey = proof === 'private_key_jwt' || (proof === 'either' && hasKey)
    return byKey
      ? { ...metadata, ...keys, token_endpoint_auth_method: 'private_key_jwt' }
      : { ...metadata, token_endpoint_auth_method: 'none' }
  }

  /** Fetches for the engine what a document points to: key sets. Same bounds, same manners. */
  async fetchForEngine(target: string): Promise<Response> {
    const url = new URL(target)
    const { now, outbound } = this.options
    const wait = this.courtesy.ask(target, url.hostname, this.memory.isOwnKeySet(target, url.hostname), now())
    if (wait > 0) throw new FetchRefused('unreachable', `asked too often; again in ${wait} seconds`)
    try {
      const fetched = await outbound.get(target, 'application/jwk-set+json, application/json', KEY_SET)
      if (fetched.status !== 200) this.courtesy.failed(target, url.hostname, now())
      return responseOf(fetched)
    } catch (error) {
      this.courtesy.failed(target, url.hostname, now())
      throw error
    }
  }

  private check(clientId: string, isApproved: boolean): URL {
    const fault = faultOfAddress(clientId)
    if (fault !== undefined) throw new ClientRefused(`The client's URL cannot name a client: ${fault}.`)
    const url = new URL(clientId)
    const hostFault = faultOfHost(url, this.rules)
    if (hostFault !== undefined) throw new ClientRefused(`The client's URL cannot be asked: ${hostFault}.`)
    const { trust } = this.options
    if (trust.isBlocked(url.hostname) || !(isApproved || trust.isAllowed(url.hostname))) {
      throw new ClientRefused(`Clients of ${url.hostname} are not admitted here.`)
    }
    return url
  }

  /** What a known client said before stands in for what cannot be had for the moment; a stranger's does not. */
  private async fetchOrMakeDo(url: URL, clientId: string, asked: DocumentAsked): Promise<ClientDocument> {
    try {
      return await this.fetch(url, clientId, asked)
    } catch (error) {
      const mightPass = error instanceof ClientRefused && error.isPassing
      const stale = mightPass && asked.isKnown ? this.memory.stale(clientId, this.options.now()) : undefined
      if (stale === undefined) throw error
      return stale
    }
  }

  /** Those who ask for one document at once share one fetch. */
  private async fetch(url: URL, clientId: string, { isKnown = false, peer }: DocumentAsked): Promise<ClientDocument> {
    const running = this.underWay.get(clientId)
    if (running !== undefined) return running
    const { now } = this.options
    const isRemembered = this.memory.has(clientId)
    const place = this.slots.take({ host: url.hostname, isKnown, isRemembered, peer }, now())
    if (place.wait > 0) throw busy(place.wait)
    const wait = this.courtesy.ask(clientId, url.hostname, isKnown || isRemembered, now())
    if (wait > 0) {
      place.leave()
      throw busy(wait)
    }
    const started = this.load(clientId, isKnown)
      .catch((error: unknown) => {
        this.courtesy.failed(clientId, url.hostname, now())
        this.tell(error, url.hostname, peer)
        // What is gone or wrong is not what the client says any more.
        if (!(error instanceof ClientRefused && error.isPassing)) this.memory.forget(clientId)
        throw error
      })
      .finally(() => {
        place.leave()
        this.underWay.delete(clientId)
      })
    this.underWay.set(clientId, started)
    return started
  }

  private async load(clientId: string, isKnown: boolean): Promise<ClientDocument> {
    const { outbound, now } = this.options
    const fetched = await outbound.get(clientId, 'application/json', DOCUMENT).catch((error: unknown) => {
      throw error instanceof FetchRefused ? refusalFor(error) : error
    })
    const fault = faultOfAnswer(fetched)
    if (fault !== undefined) {
      throw new ClientRefused(`The client's document could not be fetched: ${fault}.`, isPassing(fetched))
    }
    const document = readDocument(clientId, fetched.body.toString('utf8'), this.rules)
    if (typeof document === 'string') throw new ClientRefused(`The client's document does not count: ${document}.`)
    this.memory.keep(clientId, isKnown, document, now() + freshFor(fetched.headers, now()))
    return document
  }

  private tell(error: unknown, host: string, peer: string | undefined): void {
    const cause = error instanceof ClientRefused ? error.cause : error
    const reason = cause instanceof FetchRefused ? cause.fault : 'document'
    const count = this.tally.note(reason, this.options.now())
    if (count !== undefined) this.options.onRefused?.({ reason, host, network: networkOf(peer ?? ''), count })
  }
}
