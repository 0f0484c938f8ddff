import assert from 'node:assert/strict'
import type { IncomingMessage } from 'node:http'
import { describe, it } from 'node:test'
import { peerReader } from '../../src/edge/index.ts'

const request = (remoteAddress: string, forwarded?: string) =>
  ({ socket: { remoteAddress }, headers: forwarded === undefined ? {} : { 'x-forwarded-for': forwarded } }) as never

describe('whose request it is', () => {
  const read = peerReader(['10.0.0.0/8', '2001:db8:ffff::/48'])
  const ofProxy = (forwarded: string) => read(request('10.0.0.1', forwarded) as IncomingMessage)

  const named: Record<string, string> = {
    '192.0.2.1': '192.0.2.1',
    '192.0.2.1:1234': '192.0.2.1',
    '2001:db8::1': '2001:db8::1',
    '[2001:db8::1]': '2001:db8::1',
    '[2001:db8::1]:443': '2001:db8::1',
    '::ffff:192.0.2.1': '192.0.2.1',
    '[::ffff:192.0.2.1]:443': '192.0.2.1',
    '198.51.100.9, 192.0.2.1:1234': '192.0.2.1',
    '192.0.2.1:1234 , 10.0.0.2:5678': '192.0.2.1',
    '192.0.2.1, [2001:db8:ffff::7]:80,10.0.0.2': '192.0.2.1',
  }
  for (const [forwarded, peer] of Object.entries(named)) {
    it(`is who a trusted proxy names, in whichever form: ${forwarded}`, () => assert.equal(ofProxy(forwarded), peer))
  }

  for (const nonsense of [
    '',
    'unknown',
    '_hidden',
    '192.0.2.1:',
    '192.0.2.1:x',
    '[192.0.2.1]:80',
    '[x]:80',
    '[]',
    ':80',
  ]) {
    it(`is the proxy itself where no address is named: "${nonsense}"`, () =>
      assert.equal(ofProxy(`203.0.113.5, ${nonsense}`), '10.0.0.1'))
  }

  it('is who connects, whatever they claim, where no proxy is trusted', () => {
    assert.equal(peerReader([])(request('192.0.2.9', '192.0.2.1:80') as IncomingMessage), '192.0.2.9')
    assert.equal(read(request('192.0.2.9', '192.0.2.1:80') as IncomingMessage), '192.0.2.9')
  })
})
