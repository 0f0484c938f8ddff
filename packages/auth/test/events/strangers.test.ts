import assert from 'node:assert/strict'
import { it } from 'node:test'
import { countStrangers, MAX_COUNTS, OTHER } from '../../src/events/strangers.ts'

/** Milliseconds since the epoch. */
const NOON = 1_800_000_000_000

const peerOf = (network: number) => `${10 + (network >> 16)}.${(network >> 8) & 255}.${network & 255}.1`

it('refusals of one network are counted by reason, five of them kept as samples', () => {
  const strangers = countStrangers()
  for (let knock = 0; knock < 100; knock++) {
    const reason = knock % 4 === 0 ? 'credential_unknown' : 'credential_missing'
    strangers.count({ peer: `192.0.2.${knock}`, reason, server: 'files', credentialId: `k${knock}` }, NOON + knock)
  }

  const [tally, ...others] = strangers.take()

  assert.deepEqual(others, [])
  assert.deepEqual(tally?.counts, { credential_unknown: 25, credential_missing: 75 })
  assert.deepEqual([tally?.network, tally?.server], ['192.0.2.0/24', 'files'])
  assert.deepEqual([tally?.fromAt, tally?.toAt], [NOON, NOON + 99])
  assert.deepEqual(
    tally?.samples.map(({ credentialId }) => credentialId),
    ['k0', 'k1', 'k2', 'k3', 'k4'],
  )
})

it('a sample says why, in the refusal’s own code', () => {
  const strangers = countStrangers()
  strangers.count({ peer: '192.0.2.1', reason: 'token_invalid', because: 'signature' }, NOON)
  strangers.count({ peer: '192.0.2.1', reason: 'key_missing' }, NOON)

  const [tally] = strangers.take()

  assert.deepEqual(
    tally?.samples.map(({ reason, because }) => [reason, because]),
    [
      ['token_invalid', 'signature'],
      ['key_missing', undefined],
    ],
  )
})

it('whoever knocks from a hundred thousand networks takes no more memory than from a thousand, and all are counted', () => {
  const strangers = countStrangers()
  for (let network = 0; network < 100_000; network++) {
    strangers.count({ peer: peerOf(network), reason: 'credential_missing' }, NOON)
  }

  const tallies = strangers.take()

  assert.equal(tallies.length, MAX_COUNTS + 1)
  const total = tallies.reduce((sum, { counts }) => sum + (counts.credential_missing ?? 0), 0)
  assert.equal(total, 100_000)
  assert.equal(tallies.at(-1)?.network, OTHER)
})

it('reasons are bounded too', () => {
  const strangers = countStrangers()
  for (let at = 0; at < 1000; at++) strangers.count({ peer: '192.0.2.1', reason: `reason ${at}` }, NOON)

  const [tally] = strangers.take()

  assert.equal(Object.keys(tally?.counts ?? {}).length, 33)
  assert.equal(tally?.counts[OTHER], 968)
})

it('a network that knocks at several servers is counted at each', () => {
  const strangers = countStrangers()
  for (const server of ['files', 'mail', 'mail']) strangers.count({ peer: '192.0.2.1', reason: 'x', server }, NOON)

  const tallies = strangers.take()

  assert.deepEqual(
    tallies.map(({ network, server, counts }) => [network, server, counts.x]),
    [['192.0.2.0/24', 'files', 1], ['192.0.2.0/24', 'mail', 2]], // biome-ignore format: one line
  )
})

it('however many servers they knock at, networks take no more than a thousand counts', () => {
  const strangers = countStrangers()
  for (let knock = 0; knock < 10_000; knock++) {
    strangers.count({ peer: peerOf(knock % 1000), reason: 'x', server: `server ${knock % 7}` }, NOON)
  }

  const tallies = strangers.take()

  assert.equal(tallies.length, MAX_COUNTS + 1)
  assert.deepEqual([tallies.at(-1)?.network, tallies.at(-1)?.server], [OTHER, undefined])
  assert.equal(
    tallies.reduce((sum, { counts }) => sum + (counts.x ?? 0), 0),
    10_000,
  )
  for (const tally of tallies) strangers.putBack(tally)
  assert.equal(strangers.take().length, MAX_COUNTS + 1)
})

it('a flood of one reason leaves room for a sample of each other', () => {
  const strangers = countStrangers()
  const reasons = ['a', 'a', 'a', 'a', 'a', 'a', 'b', 'a', 'c', 'b', 'a']
  for (const [at, reason] of reasons.entries()) strangers.count({ peer: '192.0.2.1', reason }, NOON + at)

  const [tally] = strangers.take()
  assert.deepEqual(
    tally?.samples.map(({ at, reason }) => `${reason}${at - NOON}`),
    ['a0', 'a1', 'a2', 'b6', 'c8'],
  )

  // And so when what could not be written meets the next round
  strangers.count({ peer: '192.0.2.1', reason: 'd' }, NOON + 20)
  if (tally !== undefined) strangers.putBack(tally)
  const [next] = strangers.take()
  assert.deepEqual(
    next?.samples.map(({ reason }) => reason),
    ['a', 'a', 'b', 'c', 'd'],
  )
})

it('each round begins anew, but what could not be written comes again with the next', () => {
  const strangers = countStrangers()
  strangers.count({ peer: '192.0.2.1', reason: 'x' }, NOON)
  const [lost] = strangers.take()
  assert.deepEqual(strangers.take(), [])

  strangers.count({ peer: '192.0.2.2', reason: 'x' }, NOON + 5)
  assert.ok(lost !== undefined)
  strangers.putBack(lost)

  const [tally] = strangers.take()
  assert.deepEqual(tally?.counts, { x: 2 })
  assert.deepEqual([tally?.fromAt, tally?.toAt], [NOON, NOON + 5])
  assert.deepEqual(
    tally?.samples.map(({ at }) => at),
    [NOON, NOON + 5],
  )
})

it('what is no address is counted with the others', () => {
  const strangers = countStrangers()
  strangers.count({ peer: 'no address\n', reason: 'x' }, NOON)

  assert.equal(strangers.take()[0]?.network, OTHER)
})
