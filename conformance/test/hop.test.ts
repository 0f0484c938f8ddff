import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, it } from 'node:test'
import { openHop } from '../hop.ts'

/** A server that does what the test says, and a hop in front of it. */
async function givenHop(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  const server = createServer(answer)
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const { port } = server.address() as AddressInfo
  const hop = await openHop({ to: `http://127.0.0.1:${port}`, headers: { Authorization: 'Bearer key' } })
  after(async () => {
    await hop.close()
    server.closeAllConnections()
    server.close()
  })
  return hop.url
}

it('adds its headers and leaves Host, Origin and the spelling of names as they came', async () => {
  // Given a server that repeats what it received
  const url = await givenHop((incoming, answer) => answer.end(JSON.stringify(incoming.rawHeaders)))

  // When a client forges its host and brings a credential of its own
  const headers = { Host: 'evil.example', Origin: 'http://evil.example', 'MCP-METHOD': 'ping', authorization: 'mine' }
  const sent = request(`${url}/mcp`, { headers, setHost: false }).end()
  const [reply] = (await once(sent, 'response')) as [IncomingMessage]
  const received = JSON.parse((await reply.toArray()).join('')) as string[]

  // Then only the credential is another
  const value = (name: string) => received[received.indexOf(name) + 1]
  assert.equal(value('Host'), 'evil.example')
  assert.equal(value('Origin'), 'http://evil.example')
  assert.equal(value('MCP-METHOD'), 'ping')
  assert.equal(value('Authorization'), 'Bearer key')
  assert.equal(received.includes('authorization'), false)
})

it('passes each event on before the stream ends, and tells the server when the client has left', async () => {
  // Given a server that sends one event and then waits
  const left = Promise.withResolvers<void>()
  const url = await givenHop((_incoming, answer) => {
    answer.on('close', () => left.resolve())
    answer.writeHead(200, { 'content-type': 'text/event-stream' })
    answer.write('data: first\n\n')
  })

  // When a client reads that event and leaves
  const stop = new AbortController()
  const reply = await fetch(url, { signal: stop.signal })
  const { value } = (await reply.body?.getReader().read()) ?? {}
  stop.abort()

  // Then it had it in time, and the server knows
  assert.equal(new TextDecoder().decode(value), 'data: first\n\n')
  await left.promise
})

it('breaks the connection to the client when the server breaks off', async () => {
  // Given a server that dies in the middle of its answer
  const url = await givenHop((_incoming, answer) => {
    answer.writeHead(200, { 'content-type': 'text/event-stream' })
    answer.write('data: first\n\n', () => answer.destroy())
  })

  // When a client reads to the end
  const reply = await fetch(url)

  // Then the end does not look like a proper one
  await assert.rejects(reply.text())
})
