import type { IncomingMessage } from 'node:http'
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
  if (ranges.length === 0) return (request) => plainAddress(request.socket.remoteAddress)
  return (request) => {
    let peer = plainAddress(request.socket.remoteAddress)
    const claimed = (request.headers['x-forwarded-for'] as string | undefined)?.split(',') ?? []
    while (isTrusted(peer, ranges)) {
      const next = addressIn(claimed.pop() ?? '')
      if (next === undefined) break
      peer = plainAddress(next)
    }
    return peer
  }
}

/** `192.0.2.1:1234`, `[2001:db8::1]` and `[2001:db8::1]:1234`: some proxies add the port. */
const WITH_PORT = /^(?:([\d.]+):\d{1,5}|\[([^\]]+)\](?::\d{1,5})?)$/

/** @param entry One of `X-Forwarded-For`. @returns undefined when it holds no address. */
function addressIn(entry: string): string | undefined {
  const text = entry.trim()
  const [, v4, v6] = WITH_PORT.exec(text) ?? []
  if (v6 !== undefined) return ipaddr.IPv6.isValid(v6) ? v6 : undefined
  const address = v4 ?? text
  return ipaddr.isValid(address) ? address : undefined
}

/** IPv4 written as IPv6 (`::ffff:10.0.0.1`) is the IPv4 address. */
function plainAddress(address: string | undefined): string {
  if (address === undefined) return 'unknown'
  return address.startsWith('::ffff:') ? address.slice(7) : address
}

function toRange(text: string): Range {
  if (text.includes('/')) return ipaddr.parseCIDR(text) as Range
  const address = ipaddr.process(text)
  return [address, address.kind() === 'ipv4' ? 32 : 128]
}

function isTrusted(address: string, ranges: readonly Range[]): boolean {
  if (!ipaddr.isValid(address)) return false
  const parsed = ipaddr.process(address)
  return ranges.some(([range, bits]) => range.kind() === parsed.kind() && parsed.match(range as never, bits))
}
