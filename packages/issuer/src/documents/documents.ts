import type { ClientMetadata } from '../client-metadata/index.ts'
import { ClientRefused } from '../engine/index.ts'
import { Courtesy, type Fetched, FetchRefused, faultOfHost, type Outbound, responseOf } from '../outbound/index.ts'
import { faultOfAddress } from './address.ts'
import { freshFor } from './freshness.ts'
import { type ClientDocument, type DocumentRules, readDocument } from './read-document.ts'
import type { Trust } from './trust.ts'

/** The most bytes of a document, and the most seconds for it (requirements AS-32). */
const DOCUMENT = { bytes: 5 * 1024, seconds: 2.5 } as const
/** Key sets hold certificates at times. */
const KEY_SET = { bytes: 64 * 1024, seconds: 2.5 } as const
/** How many documents are remembered: they are fetched again when they are needed again. */
const MAX_KEPT = 500
const MAX_UNDER_WAY = 32

const JSON_TYPE = /^application\/(json|[a-z0-9!#$&^_.-]+\+json)$/

export interface DocumentsOptions extends Omit<DocumentRules, 'allowsLoopback'> {
  readonly outbound: Outbound
  readonly trust: Trust
  /** Current time, seconds since the epoch. */
  readonly now: () => number
}

interface Kept {
  readonly document: ClientDocument
  readonly until: number
}

/** What clients say of themselves at the URL that is their id (CIMD). Kept as long as its headers allow, in memory. */
export class Documents {
  private readonly options: DocumentsOptions
  private readonly rules: DocumentRules
  private readonly courtesy = new Courtesy()
  private readonly kept = new Map<string, Kept>()
  private readonly underWay = new Map<string, Promise<ClientDocument>>()

  constructor(options: DocumentsOptions) {
    this.options = options
    this.rules = { ...options, allowsLoopback: options.outbound.allowsLoopback }
  }

  /**
   * @param isApproved Whether the operator named this very client: then the list of hosts does not matter.
   * @param hasKey Whether it is about to prove itself with a key: counts where the document leaves that open.
   * @throws {ClientRefused} when it cannot be had or does not count, with a reason for the person and the client's makers.
   */
  async find(clientId: string, isApproved: boolean, hasKey: boolean): Promise<ClientMetadata> {
    const url = this.check(clientId, isApproved)
    const kept = this.kept.get(clientId)
    const document =
      kept !== undefined && kept.until > this.options.now() ? kept.document : await this.fetch(url, clientId)
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
    const wait = this.courtesy.ask(target, url.hostname, this.isOwnKeySet(target, url.hostname), now())
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

  /** Whether a client that is known has its keys at a host, which is its own. */
  private isOwnKeySet(target: string, host: string): boolean {
    const kept = this.kept.entries()
    return kept.some(([id, { document }]) => document.keys.jwks_uri === target && new URL(id).hostname === host)
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

  /** Those who ask for one document at once share one fetch. */
  private fetch(url: URL, clientId: string): Promise<ClientDocument> {
    const running = this.underWay.get(clientId)
    if (running !== undefined) return running
    if (this.underWay.size >= MAX_UNDER_WAY) throw busy(1)
    const { now } = this.options
    const wait = this.courtesy.ask(clientId, url.hostname, this.kept.has(clientId), now())
    if (wait > 0) throw busy(wait)
    const started = this.load(clientId)
      .catch((error: unknown) => {
        this.courtesy.failed(clientId, url.hostname, now())
        throw error
      })
      .finally(() => this.underWay.delete(clientId))
    this.underWay.set(clientId, started)
    return started
  }

  private async load(clientId: string): Promise<ClientDocument> {
    const { outbound, now } = this.options
    const fetched = await outbound.get(clientId, 'application/json', DOCUMENT).catch((error: unknown) => {
      if (!(error instanceof FetchRefused)) throw error
      const isPassing = error.fault === 'unreachable' || error.fault === 'slow'
      throw new ClientRefused(`The client's document could not be fetched: ${error.message}.`, isPassing, error)
    })
    const fault = faultOfAnswer(fetched)
    if (fault !== undefined) {
      throw new ClientRefused(`The client's document could not be fetched: ${fault}.`, fetched.status >= 500)
    }
    const document = readDocument(clientId, fetched.body.toString('utf8'), this.rules)
    if (typeof document === 'string') throw new ClientRefused(`The client's document does not count: ${document}.`)
    this.kept.delete(clientId)
    if (this.kept.size >= MAX_KEPT) this.kept.delete(this.kept.keys().next().value as string)
    this.kept.set(clientId, { document, until: now() + freshFor(fetched.headers, now()) })
    return document
  }
}

/** Only a 200 with JSON counts; a redirect is no document (draft -01 §4, requirements AS-29). */
function faultOfAnswer({ status, headers }: Fetched): string | undefined {
  if (status !== 200) return `its server answered ${status}`
  const type = (headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? ''
  if (!JSON_TYPE.test(type)) return 'it is not of the type application/json'
  const coding = headers['content-encoding'] ?? 'identity'
  return coding === 'identity' ? undefined : 'it is compressed, which was not asked for'
}

function busy(seconds: number): ClientRefused {
  return new ClientRefused(`The client's document was asked for too often. Try again in ${seconds} seconds.`, true)
}
