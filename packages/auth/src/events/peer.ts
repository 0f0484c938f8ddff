import { networkOf } from './network.ts'

/**
 * The caller's address behind proxies that are trusted: the nearest in `X-Forwarded-For` that is none of theirs.
 * Anybody else's claim is ignored (RFC 9700 §4.13). For the record, for limits and for counting: nothing is opened by it.
 *
 * @param peer The address of whoever is connected.
 */
export function peerBehind(
  peer: string,
  forwardedFor: string | undefined,
  isTrusted: (address: string) => boolean,
): string {
  let nearest = plain(peer)
  if (forwardedFor === undefined) return nearest
  const claimed = forwardedFor.split(',')
  while (isTrusted(nearest)) {
    const next = addressIn(claimed.pop() ?? '')
    if (next === undefined) break
    nearest = plain(next)
  }
  return nearest
}

/** `192.0.2.1:1234`, `[2001:db8::1]` and `[2001:db8::1]:1234`: some proxies add the port. */
const ENTRY = /^(?:([\d.]{7,15})(?::\d{1,5})?|\[([0-9a-fA-F:.]{2,45})\](?::\d{1,5})?|([0-9a-fA-F:.]{2,45}))$/

function addressIn(entry: string): string | undefined {
  const [, v4, bracketed, bare] = ENTRY.exec(entry.trim()) ?? []
  if (bracketed?.includes(':') === false) return undefined
  const address = v4 ?? bracketed ?? bare
  return address === undefined || networkOf(address) === undefined ? undefined : address
}

/** IPv4 written as IPv6 (`::ffff:10.0.0.1`) is the IPv4 address. */
function plain(address: string): string {
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address
}
