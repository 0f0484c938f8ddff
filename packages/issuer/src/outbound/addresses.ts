import ipaddr from 'ipaddr.js'

/** Not the public network, beside what `ipaddr.js` knows. */
const NOT_PUBLIC = [
  // The platform service of Azure virtual machines: a public address that only they reach.
  '168.63.129.16/32',
  // IANA's special-purpose registries (RFC 6890): what the library's table lacks.
  '192.31.196.0/24',
  '192.52.193.0/24',
  '192.88.99.0/24',
  '192.175.48.0/24',
  '198.18.0.0/15',
  '2001::/23',
  '2001:db8::/32',
  '2002::/16',
  '2620:4f:8000::/48',
  '3fff::/20',
]

const GLOBAL_UNICAST = '2000::/3'

/**
 * Whether an address is one of the public network: no special-use range of RFC 6890, no metadata service, and nothing
 * that carries an IPv4 address in an IPv6 one (mapped, 6to4, Teredo, NAT64), whatever address that is.
 */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) return false
  const parsed = ipaddr.parse(address)
  if (parsed.range() !== 'unicast') return false
  if (parsed instanceof ipaddr.IPv6 && !isIn(parsed, GLOBAL_UNICAST)) return false
  return !NOT_PUBLIC.some((range) => isIn(parsed, range))
}

function isIn(address: ipaddr.IPv4 | ipaddr.IPv6, range: string): boolean {
  const [base, bits] = ipaddr.parseCIDR(range)
  return base.kind() === address.kind() && address.match(base as never, bits)
}

/** Whether an address is this machine's own. */
export function isLoopbackAddress(address: string): boolean {
  return ipaddr.isValid(address) && ipaddr.process(address).range() === 'loopback'
}
