import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Connections } from '../../src/upstream/http/index.ts'
import { ask, givenUpstream } from './given.ts'

/** A server that answers with 202 at once, and holds what comes with the header `x-hold`. */
async function givenServer(connections: Connections) {
  let open = 0
  let most = 0
  const held: ServerResponse[] = []
  const server = createServer((request, response) => {
    if (request.headers['x-hold'] === undefined) response.writeHead(202).end()
    else held.push(response)
  })
  server.keepAliveTimeout = 600_000
  server.on('connection', (socket) => {
    most = Math.max(most, ++open)
    socket.once('close', () => open--)
  })
  return { ...(await givenUpstream(server, { connections })), held, open: () => open, most: () => most }
}

const times = <T>(count: number, work: () => T): T[] => Array.from({ length: count }, work)

it('idle connections to one server make way for those to another, and those in use do not', async (t) => {
  // Given room for sixteen, of which one is in use at the first server and the others have become idle there
  const connections = new Connections(16)
  const [first, second] = [await givenServer(connections), await givenServer(connections)]
  t.after(() => Promise.all([first.close(), second.close()]))
  const waiting = ask(first.upstream, { headers: ['x-hold', '1'] })
  await Promise.all(times(15, () => ask(first.upstream)))
  assert.equal(first.open(), 16)

  // When as many callers as there is room for turn to the second
  const answers = await Promise.all(times(15, () => ask(second.upstream)))
  await sleep(50)

  // Then all are served, nobody is cut off, and no more are open than there is room for
  assert.deepEqual(new Set(answers), new Set([202]))
  assert.ok(first.open() + second.open() <= 16, `${first.open()} and ${second.open()} open`)
  first.held[0]?.writeHead(202).end()
  assert.equal(await waiting, 202)
})

it('what made way is opened again when it is needed', async (t) => {
  const connections = new Connections(1)
  const [first, second] = [await givenServer(connections), await givenServer(connections)]
  t.after(() => Promise.all([first.close(), second.close()]))

  for (let round = 0; round < 5; round++) {
    assert.equal(await ask(first.upstream), 202)
    assert.equal(await ask(second.upstream), 202)
  }

  await sleep(50)
  assert.equal(first.open() + second.open(), 1)
})

it('a thousand sessions that end at once take few connections, and all of them end', async (t) => {
  const { upstream, most, close } = await givenServer(new Connections())
  t.after(close)

  const answers = await Promise.all(times(1000, () => ask(upstream, { method: 'DELETE' })))

  assert.deepEqual(new Set(answers), new Set([202]))
  assert.ok(most() <= 8, `${most()} open`)
})

it('a server that offers to keep connections for long does not decide that', { timeout: 15_000 }, async (t) => {
  const server = createServer((_, response) => response.writeHead(202, { 'keep-alive': 'timeout=600' }).end())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const pool = new Connections().pool(origin, { silenceMs: 5000, idleMs: 500 })
  t.after(() => Promise.all([pool.destroy(), server.close()]))
  const [socket] = await Promise.all([
    once(server, 'connection').then(([each]) => each),
    pool.request({ path: '/', method: 'GET' }).then(({ body }) => body.dump()),
  ])

  await once(socket, 'close', { signal: AbortSignal.timeout(5000) })
})
