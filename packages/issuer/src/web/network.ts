import ipaddr from 'ipaddr.js'

/** How much of an address names a network: what one household or office has. */
const PREFIX = { ipv4: 24, ipv6: 64 } as const

/** How much of it names larger ones, up to what a provider hands to a single customer. */
const WIDER = { ipv4: [], ipv6: [56, 48] } as const

/** The network of an address: its /24 (IPv4) or /64 (IPv6). What is no address is a network of its own. */
export function networkOf(address: string): string {
  return networksOf(address)[0]
}

/** Those of addresses that asked lately: to read one takes longer than anything else that is asked about it. */
const read = new Map<string, readonly [string, ...string[]]>()
const MOST_READ = 1000

/** The networks of an address, from the smallest (`networkOf`) to the largest: /24 (IPv4); /64, /56 and /48 (IPv6). */
export function networksOf(address: string): readonly [string, ...string[]] {
  const known = read.get(address)
  if (known !== undefined) return known
  if (read.size >= MOST_READ) read.clear()
  const networks = readNetworks(address)
  read.set(address, networks)
  return networks
}

function readNetworks(address: string): readonly [string, ...string[]] {
  if (!ipaddr.isValid(address)) return ['unknown']
  // An IPv4 caller may be seen as ::ffff:192.0.2.1, which would put all of them into one network.
  const parsed = ipaddr.process(address)
  const kind = parsed.kind()
  const named = (prefix: number): string => {
    const bytes = parsed.toByteArray().map((byte, index) => (index * 8 < prefix ? byte : 0))
    return `${ipaddr.fromByteArray(bytes).toString()}/${prefix}`
  }
  return [named(PREFIX[kind]), ...WIDER[kind].map(named)]
}
