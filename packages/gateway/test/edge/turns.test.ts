import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { Server, ServerResponse } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { it } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { createListener, onRequest } from '../../src/edge/index.ts'

const BOUNDS = { headerBytes: 16_384, headersTimeoutMs: 5000, bodyTimeoutMs: 5000 }

async function givenListener(): Promise<{ server: Server; taken: ServerResponse[]; wire: Socket; heard(): string }> {
  const server = createListener(BOUNDS)
  const taken: ServerResponse[] = []
  onRequest(server, (_request, response) => taken.push(response))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const wire = connect((server.address() as AddressInfo).port, '127.0.0.1')
  let text = ''
  wire.on('data', (chunk) => {
    text += chunk.toString('latin1')
  })
  return { server, taken, wire, heard: () => text }
}

const asked = (count: number): string =>
  Array.from({ length: count }, (_, at) => `GET /${at} HTTP/1.1\r\nHost: gate\r\n\r\n`).join('')

it('what is sent ahead on one connection is taken one by one, each when the one before is answered', async (t) => {
  const { server, taken, wire, heard } = await givenListener()
  t.after(() => server.closeAllConnections())
  t.after(() => server.close())

  wire.write(asked(5))
  const counts: number[] = []
  for (let at = 0; at < 5; at++) {
    await pause(30)
    counts.push(taken.length)
    taken[at]?.end(`answer ${at}`)
  }
  await pause(30)

  assert.deepEqual(counts, [1, 2, 3, 4, 5])
  assert.deepEqual(heard().match(/answer \d/g), ['answer 0', 'answer 1', 'answer 2', 'answer 3', 'answer 4'])
})

it('a connection that sends far ahead is answered what it may, then 503, and ends', async (t) => {
  const { server, taken, wire, heard } = await givenListener()
  t.after(() => server.close())

  wire.write(asked(1000))
  await pause(50)
  assert.equal(taken.length, 1)
  const closed = once(wire, 'close')
  for (let at = 0; at < 9; at++) {
    taken[at]?.end()
    await pause(10)
  }
  await closed

  assert.equal(taken.length, 9)
  assert.deepEqual(
    heard()
      .match(/^HTTP\/1\.1 \d+/gm)
      ?.map((line) => line.slice(9)),
    [...Array<string>(9).fill('200'), '503'],
  )
  assert.match(heard(), /"error":"busy"/)
})
