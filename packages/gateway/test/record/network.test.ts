import assert from 'node:assert/strict'
import { it } from 'node:test'
import { networkOf } from '@portcullis/auth/events'
import fc from 'fast-check'
import ipaddr from 'ipaddr.js'

/** The same by a library. */
function byLibrary(address: string): string | undefined {
  const parsed = ipaddr.process(address)
  if (parsed instanceof ipaddr.IPv4) return `${parsed.octets.slice(0, 3).join('.')}.0/24`
  return ipaddr.IPv6.networkAddressFromCIDR(`${parsed.toString()}/64`).toNormalizedString()
}

it('an IPv4 address belongs to its /24, also when it comes mapped into IPv6', () => {
  assert.equal(networkOf('192.0.2.17'), '192.0.2.0/24')
  assert.equal(networkOf('::ffff:192.0.2.17'), '192.0.2.0/24')
  assert.equal(networkOf('::FFFF:c000:211'), '192.0.2.0/24')
})

it('an IPv6 address belongs to its /64, however it is spelled', () => {
  for (const spelling of [
    '2001:db8:0:1::17',
    '2001:0DB8:0:1:0:0:0:17',
    '2001:db8:0:1:ffff::',
    '2001:db8:0:1::1.2.3.4',
  ]) {
    assert.equal(networkOf(spelling), '2001:db8:0:1::/64')
  }
  assert.equal(networkOf('fe80::1%eth0'), 'fe80::/64')
  assert.equal(networkOf('::1'), '::/64')
})

it('agrees with a library on every address', () => {
  fc.assert(
    fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (address) => {
      // The library takes these, long deprecated, for IPv4.
      fc.pre(!/^::\d+\./.test(address))
      const network = networkOf(address) ?? 'none'
      const expected = byLibrary(address)
      const normal = network.includes(':') ? ipaddr.parse(network.slice(0, -3)).toNormalizedString() : network
      assert.equal(normal, expected)
    }),
    { numRuns: 2000 },
  )
})

it('what is no address has no network', () => {
  for (const text of [
    '',
    'unknown',
    '1.2.3',
    '1.2.3.4.5',
    '256.1.1.1',
    '1.2.3.4\n',
    'a:b',
    '1::2::3',
    ':::',
    'x'.repeat(1e5),
  ]) {
    assert.equal(networkOf(text), undefined, text.slice(0, 20))
  }
  fc.assert(fc.property(fc.string(), (text) => void networkOf(text)))
})
