import assert from 'node:assert/strict'
import { createServer, type Socket } from 'node:net'
import { it } from 'node:test'
import type { UpstreamFailure } from '../../src/upstream/upstream.ts'
import { ask, givenUpstream } from './given.ts'

const INTERIM = 'HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n'

async function failureOf(silenceMs: number, talk: (socket: Socket) => void): Promise<UpstreamFailure> {
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.once('data', () => talk(socket))
  })
  const { upstream, close } = await givenUpstream(server, { silenceMs })
  const answer = await ask(upstream)
  await close()
  assert.ok(typeof answer === 'object', 'an answer came')
  return answer
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
