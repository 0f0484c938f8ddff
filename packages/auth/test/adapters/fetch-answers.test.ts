import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { metadata, protectFetch } from '../../src/adapters/fetch.ts'
import type { RequestEvent } from '../../src/events/index.ts'
import { apiKeys, guard } from '../../src/index.ts'
import { issue } from '../../src/keys/index.ts'
import { memoryCredentials } from '../../src/store/index.ts'
import { bearer, call } from './suite/given.ts'

const URL_OF_IT = 'https://mcp.example.com/notes/mcp'

async function givenKey() {
  const store = memoryCredentials()
  const events: RequestEvent[] = []
  const gate = guard({
    resource: URL_OF_IT,
    access: [apiKeys(store)],
    onEvent: (event) => {
      if (event.type === 'request') events.push(event)
    },
  })
  const { secret, record } = await issue(store, { kind: 'api-key', server: gate.name, name: 'a key' }, 1_800_000_000)
  const headers = { ...bearer({ secret }), 'content-type': 'application/json' }
  const post = (body: string | ReadableStream<Uint8Array>) =>
    new Request(URL_OF_IT, { method: 'POST', headers, body, ...(typeof body === 'string' ? {} : { duplex: 'half' }) })
  return { gate, store, events, record, post, request: () => post(JSON.stringify(call('read_note'))) }
}

const EVENTS = { headers: { 'content-type': 'text/event-stream' } }

describe('an answer of a fetch handler', () => {
  it('is asked for no faster than it is read', async () => {
    const { gate, request } = await givenKey()
    let pulled = 0
    const endless = () =>
      new ReadableStream<Uint8Array>(
        {
          pull(controller) {
            pulled++
            controller.enqueue(new Uint8Array(1024))
          },
        },
        { highWaterMark: 0 },
      )

    const response = await protectFetch(gate, () => new Response(endless(), EVENTS))(request())
    const reader = response.body?.getReader()
    for (let round = 0; round < 50; round++) await turn()
    const before = pulled
    await reader?.read()
    await reader?.read()
    for (let round = 0; round < 50; round++) await turn()

    assert.ok(before <= 2, `${before} before anybody read`)
    assert.ok(pulled <= 4, `${pulled} for two reads`)
    await reader?.cancel()
  })

  it('that breaks off is a fault of the server’s, and breaks off for the reader', async () => {
    const { gate, request, events } = await givenKey()
    const broken = () =>
      new ReadableStream<Uint8Array>({
        pull(controller) {
          controller.error(new Error('the disk is gone'))
        },
      })

    const response = await protectFetch(gate, () => new Response(broken(), EVENTS))(request())

    await assert.rejects(response.text(), /the disk is gone/)
    assert.deepEqual(
      events.map(({ outcome, status }) => [outcome, status]),
      [['upstream_failed', 200]],
    )
  })

  it('whose reader stops is the end of the handler’s stream, too', async () => {
    const { gate, request, events } = await givenKey()
    let reason: unknown
    const endless = () =>
      new ReadableStream<Uint8Array>({
        cancel(why) {
          reason = why
        },
      })

    const response = await protectFetch(gate, () => new Response(endless(), EVENTS))(request())
    await response.body?.cancel('enough')

    assert.equal(reason, 'enough')
    assert.equal(events[0]?.outcome, 'left')
  })

  it('that never came to be is the runtime’s to tell, and is recorded', async () => {
    const { gate, request, events } = await givenKey()

    const answer = protectFetch(gate, () => Promise.reject(new Error('its own')))(request())

    await assert.rejects(answer, /its own/)
    assert.deepEqual(
      events.map(({ outcome, status }) => [outcome, status]),
      [['upstream_failed', 500]],
    )
  })
})

describe('a body of a fetch request', () => {
  it('that breaks off reaches nobody', async () => {
    const { gate, post, events } = await givenKey()
    const breaking = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(new TextEncoder().encode('{"jsonrpc":'))
      },
      pull(controller) {
        controller.error(new Error('gone'))
      },
    })

    const response = await protectFetch(gate, () => assert.fail('the handler was asked'))(post(breaking))

    assert.equal(response.status, 400)
    assert.equal(events[0]?.outcome, 'left')
  })

  it('that was read before, and is not there any more, is none', async () => {
    const { gate, request } = await givenKey()
    const used = request()
    await used.text()

    const response = await protectFetch(gate, () => assert.fail('the handler was asked'))(used)

    assert.equal(response.status, 400)
  })
})

describe('the metadata of several guards', () => {
  it('is found by path; at the root none is meant', async () => {
    const { gate } = await givenKey()
    const serve = metadata(gate)

    assert.equal(serve(new Request('https://mcp.example.com/notes/mcp')), undefined)
    assert.equal(serve(new Request('https://mcp.example.com')), undefined)
  })
})
