import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { AuditEvent, AuditFilter, AuditRecord } from '../../../src/events/index.ts'
import type { AuditStore } from '../../../src/store/audit/index.ts'
import { endingOf, givenProcess, NOON } from './given.ts'

/**
 * What every audit store promises.
 * @param open An empty store, as two gates see it.
 */
export function auditStoreContract(name: string, open: () => Promise<[AuditStore, AuditStore]>): void {
  const segment = 'one'
  const given = async (...batches: AuditRecord[][]) => {
    const [store, other] = await open()
    for (const [at, batch] of batches.entries()) await store.ingest(batch, { segment, from: at, to: at + 1 })
    return { store, other }
  }
  const ids = (events: readonly AuditEvent[]) => events.map(({ id }) => id)
  const test = (title: string, run: () => Promise<void>) => it(`${name}: ${title}`, run)

  test('an event comes back as it was, to either gate', async () => {
    const gate = givenProcess()
    const request = gate.request({ tenant: 'acme', era: 'modern', reason: 'x', session: 'abcdef12' })
    const operation = gate.operation({ detail: 'line one\nline "two"' })
    const refusals: AuditEvent = {
      type: 'refusals',
      id: gate.operation().id,
      at: NOON,
      network: '192.0.2.0/24',
      fromAt: NOON,
      toAt: NOON + 1,
      counts: { credential_missing: 3 },
      samples: [{ at: NOON, reason: 'credential_missing' }],
    }

    const { other } = await given([request, operation, refusals])

    assert.deepEqual(await other.query({}), [refusals, operation, request])
  })

  test('of several gates that take in the same bytes, one succeeds and nothing counts twice', async () => {
    const [store, other] = await open()
    const gate = givenProcess()
    const batch = [gate.request(), gate.request()]
    const range = { segment, from: 0, to: 400 }

    const won = await Promise.all([store, other, store, other].map(async (each) => each.ingest(batch, range)))

    assert.equal(won.filter(Boolean).length, 1)
    assert.equal((await other.query({})).length, 2)
    assert.deepEqual([...(await other.offsets())], [[segment, 400]])
  })

  test('a batch that begins elsewhere than the last one ended changes nothing', async () => {
    const gate = givenProcess()
    const { store } = await given([gate.request()])

    assert.equal(await store.ingest([gate.request()], { segment, from: 0, to: 9 }), false)
    assert.equal(await store.ingest([gate.request()], { segment, from: 5, to: 9 }), false)

    assert.equal((await store.query({})).length, 1)
    assert.deepEqual([...(await store.offsets())], [[segment, 1]])
  })

  test('a batch that fails leaves no trace', async () => {
    const gate = givenProcess()
    const { store } = await given()
    const poison = { ...gate.request(), get type(): 'request' { throw new Error('unreadable') } } // biome-ignore format: one line

    await assert.rejects(async () => store.ingest([gate.request(), poison], { segment, from: 0, to: 9 }))

    assert.deepEqual(await store.query({}), [])
    assert.deepEqual([...(await store.offsets())], [])
  })

  test('an ending completes its event, in the same batch or in a later one', async () => {
    const gate = givenProcess()
    const [soon, late] = [gate.open(), gate.open({ reason: 'kept' })]

    const { store } = await given([soon, endingOf(soon), late], [endingOf(late)])

    assert.deepEqual(await store.query({ outcome: 'answered' }), [
      { ...late, outcome: 'answered', status: 200, durationMs: 7 },
      { ...soon, outcome: 'answered', status: 200, durationMs: 7 },
    ])
    assert.deepEqual(await store.query({ outcome: 'open' }), [])
  })

  test('what has ended stays as it ended, whoever speaks again', async () => {
    const gate = givenProcess()
    const event = gate.request()
    const { store } = await given(
      [event],
      [{ ...event, server: 'other', outcome: 'open' }, endingOf(event, { outcome: 'left' })],
      [endingOf(event, { outcome: 'left' })],
    )

    assert.deepEqual(await store.query({}), [event])
  })

  test('an ending whose event is not known has no effect', async () => {
    const { store } = await given([endingOf({ id: '0'.repeat(19) })])

    assert.deepEqual(await store.query({}), [])
  })

  test('calls of a gate that is gone become unknown, and a late ending still counts', async () => {
    const [dead, alive] = [givenProcess('dead00'), givenProcess('alive0')]
    const [lost, late, running] = [dead.open(), dead.open(), alive.open()]
    const { store } = await given([lost, late, running])
    assert.deepEqual([...(await store.openProcesses())].sort(), ['alive0', 'dead00'])

    assert.equal(await store.giveUp({ process: 'dead00' }), 2)
    await store.ingest([endingOf(late)], { segment, from: 1, to: 2 })

    assert.deepEqual(ids(await store.query({ outcome: 'unknown' })), [lost.id])
    assert.deepEqual(await store.find([lost.id]), [{ ...lost, outcome: 'unknown' }])
    assert.deepEqual(ids(await store.query({ outcome: 'answered' })), [late.id])
    assert.deepEqual(await store.openProcesses(), ['alive0'])
  })

  test('calls that have been open for too long become unknown', async () => {
    const gate = givenProcess()
    const [old, young] = [gate.open(), gate.open()]
    const { store } = await given([old, young])

    assert.equal(await store.giveUp({ before: young.at }), 1)

    assert.deepEqual(ids(await store.query({ outcome: 'unknown' })), [old.id])
  })

  test('events are found by each of their marks', async () => {
    const gate = givenProcess()
    const wanted = gate.request({
      server: 'mail',
      tenant: 'acme',
      principal: { kind: 'jwt', subject: 's', clientId: 'cursor', credentialId: 'k9' },
      method: 'prompts/get',
      name: 'greet',
      decision: 'denied',
      outcome: 'gate',
    })
    const revoked = gate.operation({ type: 'key.revoked' })
    const { store } = await given([gate.request(), wanted, gate.request(), revoked])
    const by = async (filter: AuditFilter) => ids(await store.query(filter))

    for (const filter of [
      { server: 'mail' },
      { tenant: 'acme' },
      { clientId: 'cursor' },
      { credentialId: 'k9' },
      { method: 'prompts/get' },
      { name: 'greet' },
      { decision: 'denied' },
      { outcome: 'gate' },
      { server: 'mail', type: 'request' },
      { since: wanted.at, until: wanted.at + 1 },
      { since: wanted.at, until: wanted.at + 1, name: 'greet', decision: 'denied', clientId: 'cursor' },
    ] as const) {
      assert.deepEqual(await by(filter), [wanted.id], JSON.stringify(filter))
    }
    assert.deepEqual(await by({ type: 'key.revoked' }), [revoked.id])
    assert.equal((await by({ credentialId: 'k1' })).length, 3)
    assert.deepEqual(await by({ server: 'mail', decision: 'allowed' }), [])
    assert.deepEqual(await by({ name: "' or 1=1 --" }), [])
  })

  test('counted refusals are found by the server and the credential of a sample', async () => {
    const gate = givenProcess()
    const refusals = (samples: object[], server?: string): AuditEvent => {
      const { id, at } = gate.operation()
      const range = { network: '192.0.2.0/24', fromAt: at, toAt: at, counts: { key_revoked: 9 } }
      const told = samples.map((sample) => ({ at, reason: 'key_revoked', ...sample }))
      return { type: 'refusals', id, at, ...range, samples: told, ...(server && { server }) }
    }
    const named = refusals([{ credentialId: 'k7', server: 'web' }], 'web')
    const mixed = refusals([{ server: 'mail' }, { server: 'web', credentialId: 'k8' }])
    const bare = refusals([], 'mail')
    const request = gate.request({ server: 'web' })
    const all = [named, mixed, bare, request]
    const { store } = await given(all)

    const expected: [AuditFilter, AuditEvent[]][] = [
      [{ server: 'web' }, [named, mixed, request]],
      [{ server: 'web', type: 'refusals' }, [named, mixed]],
      [{ server: 'mail' }, [mixed, bare]],
      [{ credentialId: 'k7' }, [named]],
      [{ credentialId: 'k8', server: 'web' }, [mixed]],
      [{ credentialId: 'k1' }, [request]],
      [{ credentialId: 'k8', decision: 'refused' }, []],
    ]
    for (const [filter, events] of expected) {
      const words = JSON.stringify(filter)
      assert.deepEqual(ids(await store.query(filter)), ids(events.toReversed()), words)
      assert.deepEqual(all.filter(store.matcher(filter)), events, words)
    }
  })

  test('a word that was too long for the record is found by as much of it as was recorded', async () => {
    const gate = givenProcess()
    const uri = `file:///${'long/'.repeat(60)}`
    const clientId = 'c'.repeat(300)
    const principal = { kind: 'jwt', subject: 's', clientId: clientId.slice(0, 256), credentialId: 'k' }
    const read = gate.request({ method: 'resources/read', name: uri.slice(0, 256), principal })
    const other = gate.request({ method: 'resources/read', name: uri.slice(0, 255) })
    const batch = gate.request({ method: 'batch', name: `tools/list, ${'tools/call a, '.repeat(60)}tools/call b` })
    const all = [read, other, batch]
    const { store } = await given(all)

    const expected: [AuditFilter, AuditEvent[]][] = [
      [{ name: uri }, [read]],
      [{ name: uri, method: 'resources/read' }, [read]],
      [{ name: uri, method: 'tools/call' }, []],
      [{ clientId }, [read]],
      [{ name: String(batch.name) }, [batch]],
    ]
    for (const [filter, events] of expected) {
      const words = JSON.stringify(filter)
      assert.deepEqual(ids(await store.query(filter)), ids(events), words)
      assert.deepEqual(all.filter(store.matcher(filter)), events, words)
    }
  })

  test('a batch is found by each call in it, and by no part of one', async () => {
    const gate = givenProcess()
    const long = 'x'.repeat(300)
    const calls = (...each: string[]) => each.map((call) => call.slice(0, 150)).join(', ')
    const batch = gate.request({
      method: 'batch',
      name: calls('tools/list', 'tools/call ab', 'resources/read file:///a b', 'prompts/get größe', 'tools/call c, d'),
    })
    const single = gate.request({ method: 'batch', name: 'tools/call nul\0byte' })
    const cut = gate.request({ method: 'batch', name: calls('tools/call ab', `tools/call ${long}`) })
    const emoji = gate.request({ method: 'batch', name: calls(`tools/call ${'x'.repeat(138)}😀😀`, 'tools/call _%') })
    const notes = gate.request({ method: 'batch', name: '' })
    const vendors = gate.request({ method: 'batch', name: 'vendor/thing ab', decision: 'denied' })
    const plain = gate.request({ name: 'ab' })
    const all = [batch, single, cut, emoji, notes, vendors, plain]
    const { store } = await given(all)

    const expected: [AuditFilter, AuditEvent[]][] = [
      [{ name: 'ab' }, [batch, cut, plain]],
      [{ name: 'ab', method: 'tools/call' }, [batch, cut, plain]],
      [{ name: 'ab', method: 'batch' }, [batch, cut]],
      [{ name: 'ab', method: 'prompts/get' }, []],
      [{ name: 'ab', method: 'tools/list' }, []],
      [{ name: 'ab', server: 'other' }, []],
      [{ name: 'ab', since: cut.at }, [cut, plain]],
      [{ name: 'file:///a b' }, [batch]],
      [{ name: 'größe' }, [batch]],
      [{ name: 'c, d' }, [batch]],
      [{ name: 'nul\0byte' }, [single]],
      [{ name: long }, [cut]],
      [{ name: `${'x'.repeat(138)}😀😀` }, [emoji]],
      [{ name: '_%' }, [emoji]],
      [{ name: String(batch.name) }, [batch]],
      [{ method: 'tools/list' }, [batch]],
      [{ method: 'tools/call' }, [batch, single, cut, emoji, plain]],
      [{ method: 'prompts/get' }, [batch]],
      [{ method: 'batch' }, [batch, single, cut, emoji, notes, vendors]],
    ]
    for (const [filter, events] of expected) {
      const words = JSON.stringify(filter)
      assert.deepEqual(ids(await store.query(filter)), ids(events.toReversed()), words)
      assert.deepEqual(all.filter(store.matcher(filter)), events, words)
    }
    for (const name of ['a', 'b', 'd', 'AB', 'file:///a', 'größ', 'nul', 'x', '%', 'tools/call ab', 'thing ab']) {
      assert.deepEqual(ids(await store.query({ name })), [], name)
      assert.deepEqual(all.filter(store.matcher({ name })), [], name)
    }
    for (const method of ['tools', 'tools/c', 'TOOLS/CALL', 'ab']) {
      assert.deepEqual(ids(await store.query({ method })), [], method)
      assert.deepEqual(all.filter(store.matcher({ method })), [], method)
    }
  })

  test('pages follow each other without gap or repetition', async () => {
    const gate = givenProcess()
    const all = Array.from({ length: 7 }, () => gate.request())
    const { store } = await given(all)

    const first = await store.query({ limit: 3 })
    const second = await store.query({ limit: 3, after: first[2]?.id })
    const third = await store.query({ limit: 3, after: second[2]?.id })

    assert.deepEqual([...first, ...second, ...third], all.toReversed())
  })

  test('a page is of a hundred unless said, and never beyond ten thousand', async () => {
    const gate = givenProcess()
    const { store } = await given(Array.from({ length: 101 }, () => gate.request()))

    assert.equal((await store.query({})).length, 100)
    for (const limit of [0, -1, 1.5, 10_001, Number.NaN]) {
      await assert.rejects(async () => store.query({ limit }), TypeError)
    }
  })

  test('what is older than its retention goes, a bounded number at a time', async () => {
    const gate = givenProcess('aaaaaa', NOON)
    const [a, b, c, kept] = [gate.request(), gate.open(), gate.request(), gate.request()]
    const { store } = await given([a, b, c, kept])

    assert.equal(await store.prune(kept.at, 2), 2)
    assert.deepEqual(ids(await store.query({})), [kept.id, c.id])
    assert.equal(await store.prune(kept.at, 2), 1)
    assert.equal(await store.prune(kept.at, 2), 0)

    assert.deepEqual(ids(await store.query({})), [kept.id])
  })

  test('an offset stays through a sync, and goes when its segment is no more', async () => {
    const [store, other] = await open()
    await store.ingest([], { segment: 'old', from: 0, to: 5 })
    await store.ingest([], { segment: 'new', from: 0, to: 7 })

    await store.sync()
    await store.forget(['old', 'never heard of'])

    assert.deepEqual([...(await other.offsets())], [['new', 7]])
  })
}
