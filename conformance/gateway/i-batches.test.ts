import assert from 'node:assert/strict'
import { type Gate, startGate } from './harness/gate.ts'
import { bearer, type Json, messagesOf, mirrored, post, speak } from './harness/mcp.ts'
import { MODERN, scenario, setUp, tearDown, topic } from './harness/suite.ts'
import { type Journal, journaledProgram } from './harness/upstreams.ts'
import { Witness } from './servers/witness.ts'

topic('I. Eras: batches of 2025-03-26', () => {
  let gate: Gate
  let witness: Witness
  let journal: Journal
  const keys: Record<string, { whole: string; limited: string }> = {}

  setUp(async () => {
    witness = await Witness.start()
    journal = journaledProgram()
    gate = await startGate({
      servers: {
        http: { upstream: { url: witness.url() }, access: ['api-key'] },
        streaming: { upstream: { url: witness.url('/streaming') }, access: ['api-key'] },
        stdio: { upstream: journal.upstream, access: ['api-key'] },
      },
    })
    for (const server of ['http', 'streaming', 'stdio']) {
      const [whole, limited] = await Promise.all([gate.key(server), gate.key(server, '--tools', 'echo')])
      keys[server] = { whole: whole.key, limited: limited.key }
    }
  })
  tearDown(async () => {
    await gate?.stop()
    witness?.close()
  })

  const call = (id: number, name: string): Json => {
    return { jsonrpc: '2.0', id, method: 'tools/call', params: { name, arguments: { id } } }
  }
  const note: Json = { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 99 } }
  /** What of calls has come to any of the servers. */
  const heard = (): string[] =>
    [...witness.heard.map(({ body }) => body), ...journal.lines()].filter((line) => line.includes('tools/call'))

  for (const server of ['http', 'streaming', 'stdio']) {
    scenario(
      `every request in a batch is answered, and each once: ${server}`,
      { for: 'TL-05; input: batches', on: ['2025-03-26'] },
      async (revision) => {
        const speaker = await speak(gate.mcp(server), revision, bearer(keys[server]?.whole as string))
        const answer = await post(speaker.url, [call(1, 'echo'), note, call(2, 'read_item')], speaker.headers)
        const texts = messagesOf(answer).flatMap((message) => {
          const { content } = message.result as { content: { text: string }[] }
          return content.map(({ text }) => `${message.id} ${text}`)
        })

        assert.equal(answer.status, 200, answer.text)
        assert.deepEqual(texts.sort(), ['1 echo: {"id":1}', '2 read_item: {"id":2}'])
        const notes = await post(speaker.url, [note, note], speaker.headers)
        assert.deepEqual([notes.status, notes.text], [202, ''])
      },
    )

    scenario(
      `one request in it that is not permitted, and nothing of it goes on: ${server}`,
      { for: 'GW-23; input: batches', on: ['2025-03-26'] },
      async (revision) => {
        const speaker = await speak(gate.mcp(server), revision, bearer(keys[server]?.limited as string))
        const before = heard()
        const denied = [
          [call(3, 'echo'), call(4, 'delete_item')],
          [call(4, 'delete_item'), call(3, 'echo')],
          [call(3, 'echo'), { jsonrpc: '2.0', id: 5, method: 'vendor/thing' }],
          [call(3, 'echo'), { jsonrpc: '2.0', method: 'notifications/vendor' }],
          [call(3, 'echo'), { jsonrpc: '2.0', id: 5, result: {} }],
        ]
        for (const batch of denied) {
          const answer = await post(speaker.url, batch, speaker.headers)
          assert.equal(answer.status, 400, answer.text)
          assert.equal((answer.json().error as Json).code, -32600)
        }
        assert.deepEqual(heard(), before)

        const allowed = await post(speaker.url, [call(3, 'echo')], speaker.headers)
        assert.equal(messagesOf(allowed).length, 1, allowed.text)
      },
    )

    scenario(
      `a list in a batch is shortened like every other: ${server}`,
      { for: 'GW-23, GW-34', on: ['2025-03-26'] },
      async (revision) => {
        const speaker = await speak(gate.mcp(server), revision, bearer(keys[server]?.limited as string))
        const listing = (id: number): Json => ({ jsonrpc: '2.0', id, method: 'tools/list' })
        const answer = await post(speaker.url, [listing(1), call(2, 'echo'), listing(3)], speaker.headers)
        const messages = messagesOf(answer)
        const lists = messages.flatMap(({ result }) => (result as { tools?: { name: string }[] }).tools ?? [])

        assert.equal(messages.length, 3, answer.text)
        assert.deepEqual(
          lists.map(({ name }) => name),
          ['echo', 'echo'],
        )
      },
    )

    scenario(
      `later revisions have none, and the modern era neither: ${server}`,
      { for: 'TL-05, TM-01', on: ['2025-06-18', '2025-11-25', MODERN] },
      async (revision) => {
        const speaker = await speak(gate.mcp(server), revision, bearer(keys[server]?.whole as string))
        const before = heard()
        const fields =
          revision === MODERN ? { ...speaker.headers, ...mirrored('tools/call', { name: 'echo' }) } : speaker.headers
        const answer = await post(speaker.url, [call(1, 'echo')], fields)

        assert.equal(answer.status, 400)
        assert.equal((answer.json().error as Json).code, -32600)
        assert.deepEqual(heard(), before)
      },
    )
  }

  scenario(
    'a batch is one event, with all that it names',
    { for: 'Record: one event per request', on: ['2025-03-26'] },
    async (revision) => {
      const made = await gate.key('http')
      const speaker = await speak(gate.mcp('http'), revision, bearer(made.key))
      await post(speaker.url, [call(1, 'echo'), call(2, 'read_item')], speaker.headers)
      const events = await gate.audit('--key', made.id)
      const batch = events.filter(({ method }) => method === 'batch')

      assert.equal(batch.length, 1)
      assert.match(String(batch[0]?.name), /tools\/call echo.*tools\/call read_item/)
    },
  )

  scenario(
    'a batch is no place to hide a call from the record',
    { for: 'Record: one event per request; GW-26', on: ['2025-03-26'] },
    async (revision) => {
      const made = await gate.key('http')
      const speaker = await speak(gate.mcp('http'), revision, bearer(made.key))
      const crowd = Array.from({ length: 20 }, (_, id) => call(id, 'echo'))
      const long = 'n'.repeat(300)
      await post(speaker.url, [...crowd, call(20, 'delete_item'), call(21, long)], speaker.headers)
      const events = await gate.audit('--key', made.id)
      const found = (...filter: string[]) => gate.audit('--key', made.id, ...filter)

      assert.match(JSON.stringify(events), /delete_item/)
      for (const name of ['echo', 'delete_item', long]) {
        assert.equal((await found('--tool', name)).length, 1, name)
        assert.equal((await found('--method', 'tools/call', '--tool', name)).length, 1, name)
      }
      for (const part of ['delete', 'item', 'n'.repeat(20)]) assert.deepEqual(await found('--tool', part), [])
    },
  )
})
