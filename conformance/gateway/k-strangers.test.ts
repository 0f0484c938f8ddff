import assert from 'node:assert/strict'
import { type Gate, type Issued, launch, startGate } from './harness/gate.ts'
import { type Answer, type HeaderFields, send } from './harness/http.ts'
import { neverMade } from './harness/keys.ts'
import { bearer, type Json, postFields } from './harness/mcp.ts'
import { memoryOf } from './harness/processes.ts'
import { afterEachOne, scenario, setUp, tearDown, topic } from './harness/suite.ts'
import { Witness } from './servers/witness.ts'

const LISTING = '{"jsonrpc":"2.0","id":1,"method":"tools/list"}'

topic('K. The record: refusals before authentication', () => {
  let gate: Gate
  let witness: Witness
  let made: Issued

  setUp(async () => {
    witness = await Witness.start()
    gate = await startGate({
      // The caller's network is what a proxy names.
      trustedProxies: ['127.0.0.1'],
      servers: {
        http: { upstream: { url: witness.url() }, access: ['api-key'] },
        other: { upstream: { url: witness.url() }, access: ['api-key', 'unlisted'] },
      },
    })
    made = await gate.key('http')
  })
  tearDown(async () => {
    await gate?.stop()
    witness?.close()
  })
  afterEachOne(async () => assert.equal(witness.heard.length, 0, 'nothing came to the server behind'))

  const from = (address: string, fields: HeaderFields = {}, server = 'http'): Promise<Answer> =>
    send(gate.mcp(server), { headers: postFields({ 'x-forwarded-for': address, ...fields }), body: LISTING })

  /** The counts, once they are written: the end of a gate does not wait for its next round. */
  async function tallies(): Promise<Json[]> {
    await gate.stop()
    gate = await launch(gate.directory)
    return gate.audit('--type', 'refusals', '--limit', '10000')
  }
  const sum = (events: readonly Json[], network: string, reason: string): number =>
    events
      .filter((event) => event.network === network)
      .reduce((total, { counts }) => total + ((counts as Record<string, number>)[reason] ?? 0), 0)

  scenario(
    'they are counted by network and reason, with few samples, and not one by one',
    { for: 'Record: refusals counted and sampled per network' },
    async () => {
      const strange = neverMade()
      for (let host = 1; host <= 12; host++) {
        await from(`198.51.100.${host}`)
        await from(`198.51.100.${host}`, bearer('nonsense'))
        await from(`2001:db8:1:2::${host}`, bearer(strange))
      }
      await from('203.0.113.9', bearer(made.key), 'other')
      await send(`${gate.mcp('other')}/${neverMade('pclu_')}`, {
        headers: postFields({ 'x-forwarded-for': '203.0.113.9' }),
        body: LISTING,
      })
      const events = await tallies()

      assert.equal(sum(events, '198.51.100.0/24', 'key_missing'), 12)
      assert.equal(sum(events, '198.51.100.0/24', 'key_malformed'), 12)
      assert.equal(sum(events, '2001:db8:1:2::/64', 'key_invalid'), 12)
      assert.ok(events.length <= 6, `${events.length} events for 38 refusals`)
      for (const { samples } of events) assert.ok((samples as unknown[]).length <= 5)
      const text = JSON.stringify(events)
      for (const secret of [strange, strange.slice(22, 65), made.key.slice(22, 65)]) assert.ok(!text.includes(secret))
      assert.ok(text.includes(made.id), 'the public id of a key that there is')
      assert.ok(!text.includes(strange.slice(5, 21)), 'and not what a stranger makes up')
      assert.equal((await gate.audit('--type', 'request')).length, 0)
    },
  )

  scenario(
    'thousands of networks at once cost no more than a thousand counts',
    { for: 'Record: bounded memory', timeout: 60_000 },
    async () => {
      const before = memoryOf(gate.pid)
      const known = (await gate.audit('--type', 'refusals', '--limit', '10000')).length
      const addresses = Array.from({ length: 3000 }, (_, n) => `10.${n >> 8}.${n & 255}.1`)
      for (let at = 0; at < addresses.length; at += 50) {
        await Promise.all(addresses.slice(at, at + 50).map((address) => from(address)))
      }
      const grown = memoryOf(gate.pid) - before
      const events = (await tallies()).slice(0, -known)
      const total = events.reduce((sum, { counts }) => sum + Number((counts as Json).key_missing ?? 0), 0)

      assert.equal(total, 3000, 'each is counted')
      assert.ok(events.length <= 2 * 1025, `${events.length} events`)
      assert.ok(sum(events, 'other', 'key_missing') > 900)
      assert.ok(grown < 60 * 1024 * 1024, `memory grew by ${grown} bytes`)
    },
  )

  scenario(
    'what a stranger claims to be cannot be a line of the record',
    { for: 'Record: refusals; header injection' },
    async () => {
      for (const address of ['not an address', '1.2.3.4.5', '<script>', '"}', '999.1.1.1']) {
        await from(address, bearer(`${neverMade().slice(0, 21)}"\u00e9`))
      }
      const events = await tallies()
      for (const { network } of events) assert.match(String(network), /^([0-9.]+\/24|[0-9a-f:]+\/64|other)$/)
      const { stdout } = await gate.command('audit', 'query', '--type', 'refusals', '--limit', '5')
      assert.match(stdout, / 127\.0\.0\.0\/24 +refused .* strangers: key_/)
    },
  )
})
