import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isLoopbackAddress, isPublicAddress } from '../../src/outbound/index.ts'

/** By what stands behind them: none of them may ever be asked for a document. */
const SPECIAL = {
  'this network': ['0.0.0.0', '0.1.2.3'],
  loopback: ['127.0.0.1', '127.255.255.254', '::1'],
  private: ['10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1', 'fc00::1', 'fd12:3456::1'],
  'link-local': ['169.254.0.1', 'fe80::1', 'fe80::1%eth0', 'febf::1'],
  'metadata services': ['169.254.169.254', '169.254.170.2', 'fd00:ec2::254', '100.100.100.200', '168.63.129.16'],
  'shared by a provider': ['100.64.0.1', '100.127.255.255'],
  'of protocols and documentation': ['192.0.0.8', '192.0.2.1', '198.51.100.1', '203.0.113.1', '2001:db8::1', '3fff::1'],
  benchmarks: ['198.18.0.1', '198.19.255.255', '2001:2::1'],
  'multicast and broadcast': ['224.0.0.1', '239.1.1.1', '255.255.255.255', 'ff02::1'],
  reserved: ['240.0.0.1', '100::1', 'fec0::1', '4000::1', '::', '5f00::1'],
  anycast: ['192.88.99.1', '192.31.196.1', '192.52.193.1', '192.175.48.1', '2620:4f:8000::1'],
  'IPv4 in IPv6: mapped': ['::ffff:127.0.0.1', '::ffff:8.8.8.8', '::ffff:7f00:1', '::ffff:a9fe:a9fe'],
  'IPv4 in IPv6: compatible and translated': ['::127.0.0.1', '::8.8.8.8', '::ffff:0:127.0.0.1'],
  'IPv4 in IPv6: 6to4': ['2002:7f00:1::1', '2002:a9fe:a9fe::1', '2002:808:808::1'],
  'IPv4 in IPv6: NAT64': ['64:ff9b::7f00:1', '64:ff9b::a9fe:a9fe', '64:ff9b:1::a9fe:a9fe'],
  'IPv4 in IPv6: Teredo': ['2001:0:4136:e378:8000:63bf:3fff:fdd2'],
  'no addresses': ['', 'localhost', 'client.test', '1.2.3.4.5', 'not an address'],
}

describe('an address that a name leads to', () => {
  for (const [kind, addresses] of Object.entries(SPECIAL)) {
    it(`is not asked: ${kind}`, () => {
      assert.deepEqual(addresses.filter(isPublicAddress), [])
    })
  }

  it('is asked when it is of the public network', () => {
    const addresses = [
      '8.8.8.8',
      '1.1.1.1',
      '172.15.0.1',
      '172.32.0.1',
      '192.167.1.1',
      '2606:4700::1111',
      '2a00:1450::1',
    ]
    assert.deepEqual(addresses.filter(isPublicAddress), addresses)
  })

  it('is known as this machine’s own in every spelling', () => {
    const own = ['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1']
    assert.deepEqual(own.filter(isLoopbackAddress), own)
    assert.deepEqual(['10.0.0.1', '8.8.8.8', '::', 'localhost', ''].filter(isLoopbackAddress), [])
  })
})
