import ipaddr from 'ipaddr.js'
import { isLoopbackAddress } from './addresses.ts'

/** Names that only mean something inside a network or a machine (RFC 6761, RFC 6762, RFC 8375, RFC 9476). */
const LOCAL_NAMES = /(^|\.)(localhost|local|internal|intranet|lan|home|corp|private|home\.arpa|onion|test|invalid|alt)$/

/** Ports below 1024 belong to services of the system, of which only one speaks https. */
const FIRST_FREE_PORT = 1024

export interface HostRules {
  /** Whether this machine itself may be asked: for an issuer that is on loopback, too. */
  readonly allowsLoopback: boolean
}

/**
 * Why nothing is fetched from a URL, as far as its text tells. Addresses have no name that could be checked later, a
 * name with a dot at its end goes past lists of names, and a name without any dot is found in the local network alone.
 * @returns undefined when nothing speaks against it.
 */
export function faultOfHost(url: URL, { allowsLoopback }: HostRules): string | undefined {
  if (url.protocol !== 'https:') return 'it is not https'
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const isOwn = isLoopbackAddress(host) || host === 'localhost' || host.endsWith('.test')
  if (allowsLoopback && isOwn) return undefined
  if (ipaddr.isValid(host)) return 'its host is an address'
  if (host.endsWith('.')) return 'its host ends with a dot'
  if (!host.includes('.') || LOCAL_NAMES.test(host)) return 'its host is no public name'
  if (url.port !== '' && Number(url.port) < FIRST_FREE_PORT) return 'its port belongs to another service'
  return undefined
}
