import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { it } from 'node:test'
import { Connections, createHttpUpstream } from '../../src/upstream/http/index.ts'
import type { UpstreamFailure } from '../../src/upstream/upstream.ts'

const INTERIM = 'HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n'

async function failureOf(silenceMs: number, talk: (socket: Socket) => void): Promise<UpstreamFailure> {
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.once('data', () => talk(socket))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`
  const upstream = createHttpUpstream({ url, headers: [], silenceMs, connections: new Connections() })
  try {
    return await new Promise((resolve, reject) => {
      const answer = {
        start: () => reject(new Error('an answer came')),
        write: () => true,
        end: () => {},
        fail: resolve,
        onDrain: () => {},
        onLeave: () => {},
      }
      upstream.send({ era: 'modern', method: 'POST', headers: [], principalKey: 'a' }, answer)
    })
  } finally {
    await upstream.close()
    server.close()
  }
}

it('interim answers do not put off the bound on silence', { timeout: 10_000 }, async () => {
  const failure = await failureOf(500, (socket) => {
    const timer = setInterval(() => socket.write(INTERIM), 50)
    socket.once('close', () => clearInterval(timer))
  })
  assert.equal(failure.reason, 'timeout')
})

it('a flood of interim answers is broken', { timeout: 10_000 }, async () => {
  const failure = await failureOf(60_000, (socket) => socket.write(INTERIM.repeat(1000)))
  assert.equal(failure.reason, 'broken')
})
