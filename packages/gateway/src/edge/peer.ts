import type { IncomingMessage } from 'node:http'
import { peerBehind } from '@portcullis/auth/events'
import ipaddr from 'ipaddr.js'

type Range = [ipaddr.IPv4 | ipaddr.IPv6, number]

/**
 * Whose request it is, by address. Behind proxies that are named as trusted, the nearest address in
 * `X-Forwarded-For` that is not one of theirs; anybody else's claim is ignored (RFC 9700 §4.13).
 */
export type PeerReader = (request: IncomingMessage) => string

/** @param trusted IP addresses and CIDR ranges. */
export function peerReader(trusted: readonly string[]): PeerReader {
  const ranges = trusted.map(toRange)
  const isTrusted = (address: string) => isWithin(address, ranges)
  return ({ socket, headers }) => {
    const claimed = ranges.length === 0 ? undefined : (headers['x-forwarded-for'] as string | undefined)
    return peerBehind(socket.remoteAddress ?? 'unknown', claimed, isTrusted)
  }
}

function toRange(text: string): Range {
  if (text.includes('/')) return ipaddr.parseCIDR(text) as Range
  const address = ipaddr.process(text)
  return [address, address.kind() === 'ipv4' ? 32 : 128]
}

function isWithin(address: string, ranges: readonly Range[]): boolean {
  if (!ipaddr.isValid(address)) return false
  const parsed = ipaddr.process(address)
  return ranges.some(([range, bits]) => range.kind() === parsed.kind() && parsed.match(range as never, bits))
}
