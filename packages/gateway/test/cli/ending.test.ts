import assert from 'node:assert/strict'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, it } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { givenFile } from '../config/given.ts'
import { start } from './given.ts'

/** A gate without a launcher, ready, in front of a server that takes most of a second for its answer. */
async function givenGate(): Promise<{ gate: ChildProcess; call: () => Promise<Response> }> {
  const slow = createServer((request, response) => {
    request.resume().on('end', () => setTimeout(() => response.end('{"jsonrpc":"2.0","id":1,"result":{}}'), 900))
    response.setHeader('content-type', 'application/json')
  })
  await once(slow.listen(0, '127.0.0.1').unref(), 'listening')
  const { port } = slow.address() as AddressInfo
  const server = `{ upstream: { url: "http://127.0.0.1:${port}/mcp" }, access: [public] }`
  const file = givenFile('ending.yaml', `listen: { port: 0 }\nstore: "memory:"\nservers: { slow: ${server} }\n`)
  const gate = start('serve', '--json', '--config', file)
  assert.ok(gate.stdout)
  const [line] = await once(gate.stdout, 'data')
  const url = JSON.parse(String(line)).servers.slow.mcp as string
  const headers = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' }
  const call = () => fetch(url, { method: 'POST', headers, body: '{"jsonrpc":"2.0","id":1,"method":"ping"}' })
  return { gate, call }
}

describe('a gate that is asked to end', () => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    it(`ends with 0 by ${signal}, however late another copy of it comes`, async () => {
      const { gate } = await givenGate()
      const ended = once(gate, 'exit')

      gate.kill(signal)
      for (const limit = performance.now() + 450; performance.now() < limit && gate.exitCode === null; await pause(1)) {
        gate.kill(signal)
      }

      assert.deepEqual(await ended, [0, null])
    })
  }

  for (const [second, code] of [
    ['SIGHUP', 0],
    ['SIGINT', 1],
  ] as const) {
    it(`${code === 0 ? 'finishes' : 'leaves'} what is under way when ${second} comes much later`, async () => {
      const { gate, call } = await givenGate()
      const ended = once(gate, 'exit')
      const answered = call().then(
        ({ ok }) => ok,
        () => false,
      )

      await pause(100)
      gate.kill('SIGINT')
      await pause(600)
      gate.kill(second)

      assert.deepEqual([await ended, await answered], [[code, null], code === 0])
    })
  }
})
