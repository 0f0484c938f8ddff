import ipaddr from 'ipaddr.js'

/** How much of an address names a network: what one household or office has. */
const PREFIX = { ipv4: 24, ipv6: 64 } as const

/** The network of an address: its /24 (IPv4) or /64 (IPv6). What is no address is a network of its own. */
export function networkOf(address: string): string {
  if (!ipaddr.isValid(address)) return 'unknown'
  // An IPv4 caller may be seen as ::ffff:192.0.2.1, which would put all of them into one network.
  const parsed = ipaddr.process(address)
  const prefix = PREFIX[parsed.kind()]
  const bytes = parsed.toByteArray().map((byte, index) => (index * 8 < prefix ? byte : 0))
  return `${ipaddr.fromByteArray(bytes).toString()}/${prefix}`
}
