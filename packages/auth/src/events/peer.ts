/**
 * The caller's address behind proxies that are trusted: the nearest in `X-Forwarded-For` that is none of theirs.
 * Anybody else's claim is ignored (RFC 9700 §4.13). Only for the record and for limits: nothing is opened by it.
 *
 * @param trusted Exact addresses, or a test of one.
 */
export type TrustedProxies = readonly string[] | ((address: string) => boolean)

export function peerBehind(peer: string, forwardedFor: string | undefined, trusted: TrustedProxies): string {
  const isTrusted = typeof trusted === 'function' ? trusted : (address: string) => trusted.includes(address)
  let nearest = plain(peer)
  const claimed = forwardedFor?.split(',') ?? []
  while (isTrusted(nearest)) {
    const next = addressIn(claimed.pop() ?? '')
    if (next === undefined) break
    nearest = plain(next)
  }
  return nearest
}

/** `192.0.2.1:1234`, `[2001:db8::1]` and `[2001:db8::1]:1234`: some proxies add the port. */
const ENTRY =
  /^(?:(\d{1,3}(?:\.\d{1,3}){3})(?::\d{1,5})?|\[([0-9a-fA-F:.]{2,45})\](?::\d{1,5})?|([0-9a-fA-F:.]{2,45}))$/

function addressIn(entry: string): string | undefined {
  const [, v4, bracketed, bare] = ENTRY.exec(entry.trim()) ?? []
  return v4 ?? bracketed ?? bare
}

/** IPv4 written as IPv6 (`::ffff:10.0.0.1`) is the IPv4 address. */
function plain(address: string): string {
  return address.startsWith('::ffff:') ? address.slice(7) : address
}
