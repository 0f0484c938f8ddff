import { Client } from 'undici'
import { isLoopbackAddress, isPublicAddress } from './addresses.ts'
import { faultOfHost } from './hosts.ts'
import { type Address, nameServers, systemNames } from './resolve.ts'

export interface OutboundOptions {
  /** Whether this machine's own addresses may be asked: for an issuer that is on loopback, too (requirements AS-30). */
  readonly allowsLoopback: boolean
  /** All addresses of a host name. Default: what name servers say. */
  readonly resolve?: (host: string) => Promise<readonly Address[]>
  /** Certificate authorities that count instead of the system's, as PEM. */
  readonly ca?: string
}

export interface Fetched {
  readonly status: number
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

export interface Bounds {
  /** The most bytes of a body. */
  readonly bytes: number
  /** The most seconds for everything, from the name to the last byte. */
  readonly seconds: number
}

/**
 * - `host`: the URL names nothing that may be asked.
 * - `address`: the name leads to an address that may not be asked.
 * - `unreachable`: the name has no address, or there is no answer, or none that is HTTP over TLS.
 * - `slow`, `large`: a bound was hit.
 */
export type FetchFault = 'host' | 'address' | 'unreachable' | 'slow' | 'large'

export class FetchRefused extends Error {
  readonly fault: FetchFault
  constructor(fault: FetchFault, message: string, cause?: unknown) {
    super(message, { cause })
    this.name = 'FetchRefused'
    this.fault = fault
  }
}

/** Asks servers of the public network for documents: one GET, one answer. */
export class Outbound {
  readonly allowsLoopback: boolean
  private readonly resolve: (host: string) => Promise<readonly Address[]>
  private readonly ca: string | undefined

  constructor({ allowsLoopback, resolve, ca }: OutboundOptions) {
    this.allowsLoopback = allowsLoopback
    this.resolve = resolve ?? (allowsLoopback ? systemNames : nameServers())
    this.ca = ca
  }

  /**
   * Whatever the status; redirects are answers like others. Sends no cookie, no credential and no name of ours.
   * @throws {FetchRefused}
   */
  async get(target: string, accept: string, { bytes, seconds }: Bounds): Promise<Fetched> {
    const url = new URL(target)
    const fault = faultOfHost(url, this)
    if (fault !== undefined) throw new FetchRefused('host', fault)
    const signal = AbortSignal.timeout(seconds * 1000)
    try {
      const addresses = await inTime(this.addressesOf(url), signal)
      // The client looks at the signal only once it is connected, and TLS may take as long as the other side likes.
      return await inTime(this.ask(url, addresses, accept, { bytes, seconds }, signal), signal)
    } catch (error) {
      if (error instanceof FetchRefused) throw error
      if (signal.aborted) throw new FetchRefused('slow', `there was no answer within ${seconds} seconds`, error)
      throw new FetchRefused('unreachable', 'there was no answer', error)
    }
  }

  /** One bad address among good ones refuses them all: who answers like that plays with us. */
  private async addressesOf(url: URL): Promise<readonly Address[]> {
    const addresses = await this.resolve(url.hostname.replace(/^\[|\]$/g, ''))
    if (addresses.length === 0) throw new FetchRefused('unreachable', 'its host has no address')
    const isGood = (address: string) => isPublicAddress(address) || (this.allowsLoopback && isLoopbackAddress(address))
    if (addresses.every(({ address }) => isGood(address))) return addresses
    throw new FetchRefused('address', 'its host leads to an address that is not of the public network')
  }

  private async ask(
    url: URL,
    addresses: readonly Address[],
    accept: string,
    { bytes, seconds }: Bounds,
    signal: AbortSignal,
  ): Promise<Fetched> {
    const client = new Client(url.origin, {
      allowH2: false,
      // The name is never resolved again: what was checked is what is connected to.
      connect: {
        lookup: pinned(addresses),
        timeout: seconds * 1000,
        ...(this.ca === undefined ? {} : { ca: this.ca }),
      } as never,
    })
    try {
      const { statusCode, headers, body } = await client.request({
        method: 'GET',
        path: `${url.pathname}${url.search}`,
        headers: { accept, 'accept-encoding': 'identity' },
        signal,
      })
      const chunks: Buffer[] = []
      let length = 0
      for await (const chunk of body) {
        length += chunk.length
        if (length > bytes) throw new FetchRefused('large', `its document is longer than ${bytes} bytes`)
        chunks.push(chunk)
      }
      return { status: statusCode, headers: flat(headers), body: Buffer.concat(chunks) }
    } finally {
      client.destroy().catch(() => {})
    }
  }
}

/** What cannot be stopped is left behind, with its answer. */
function inTime<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>()
  signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  work.then(resolve, reject)
  return promise
}

type Found = (error: null, address: string | readonly Address[], family?: number) => void

function pinned(addresses: readonly Address[]) {
  return (_host: string, { all = false }: { readonly all?: boolean }, found: Found): void => {
    const [first] = addresses as readonly [Address]
    if (all) found(null, addresses)
    else found(null, first.address, first.family)
  }
}

function flat(headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value ?? ''].flat().join(', ')]))
}
