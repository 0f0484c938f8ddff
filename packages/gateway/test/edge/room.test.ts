import assert from 'node:assert/strict'
import { once } from 'node:events'
import { get, type Server } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { it } from 'node:test'
import { visitorRules } from '@portcullis/auth/http'
import { createFrontDoor, createListener, limitConnections, onRequest } from '../../src/edge/index.ts'
import type { ProxiedServer } from '../../src/proxy/index.ts'

const LIMIT = 20
const BOUNDS = { headerBytes: 16_384, headersTimeoutMs: 5000, bodyTimeoutMs: 5000 }

/** A front door before a server `in` that answers at once, and `open`, whose answers have no end. */
async function givenDoor(): Promise<{ server: Server; port: number }> {
  const server = createListener(BOUNDS)
  const capacity = limitConnections(server, LIMIT)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const servers = new Map(['in', 'open'].map((name) => [name, { name } as ProxiedServer]))
  onRequest(
    server,
    createFrontDoor({
      visitors: visitorRules([`127.0.0.1:${port}`], []),
      servers,
      capacity,
      peerOf: () => '127.0.0.1',
      unready: () => undefined,
      documents: new Map(),
      proxy: ({ server: { name }, response }) => {
        if (name === 'in') response.end('served')
        else response.write('open')
      },
    }),
  )
  return { server, port }
}

/** The status of an answer on a connection of its own. */
async function ask(port: number, path: string): Promise<number | undefined> {
  const [response] = await once(get({ port, host: '127.0.0.1', path, agent: false }), 'response')
  await once(response.resume(), 'end')
  return response.statusCode
}

async function givenWire(port: number, path: string): Promise<Socket> {
  const wire = connect(port, '127.0.0.1').on('error', () => {})
  wire.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`)
  await once(wire, 'data')
  return wire
}

it('connections on which nothing happens make way when the gate is full', async (t) => {
  const { server, port } = await givenDoor()
  t.after(() => server.closeAllConnections())
  t.after(() => server.close())
  await Promise.all(Array.from({ length: LIMIT }, () => givenWire(port, '/in/mcp')))

  assert.equal(await ask(port, '/in/mcp'), 200)
})

it('whoever is refused before a credential is let go once more than half of the room is taken', async (t) => {
  const { server, port } = await givenDoor()
  t.after(() => server.closeAllConnections())
  t.after(() => server.close())

  const early = await givenWire(port, '/nowhere')
  await Promise.all(Array.from({ length: LIMIT / 2 }, () => givenWire(port, '/open/mcp')))
  const late = await givenWire(port, '/nowhere')
  await once(late, 'close', { signal: AbortSignal.timeout(1000) })

  assert.equal(early.closed, false, 'with room left a refused caller may ask again')
})

it('who was in before the gate was full is served on; who came after is told to come again', async (t) => {
  const { server, port } = await givenDoor()
  t.after(() => server.closeAllConnections())
  t.after(() => server.close())
  const inside = await givenWire(port, '/in/mcp')
  await Promise.all(Array.from({ length: LIMIT - 1 }, () => givenWire(port, '/open/mcp')))
  const half = 'GET /in/mcp HTTP/1.1\r\n'
  inside.write(half)
  const outside = connect(port, '127.0.0.1').on('error', () => {})
  await once(outside, 'connect')
  outside.write(half)
  await new Promise((resolve) => setTimeout(resolve, 50))

  const rest = `Host: 127.0.0.1:${port}\r\n\r\n`
  outside.write(rest)
  inside.write(rest)
  const [[refused], [served]] = await Promise.all([once(outside, 'data'), once(inside, 'data')])

  assert.match(String(refused), /^HTTP\/1\.1 503 /)
  assert.match(String(served), /^HTTP\/1\.1 200 /)
})

it('who is let go has the whole answer, though its body was still on the way', async (t) => {
  const { server, port } = await givenDoor()
  t.after(() => server.closeAllConnections())
  t.after(() => server.close())
  await Promise.all(Array.from({ length: LIMIT }, () => givenWire(port, '/open/mcp')))

  const wire = connect(port, '127.0.0.1')
  let text = ''
  wire.on('data', (chunk) => {
    text += chunk.toString('latin1')
  })
  wire.write(`POST /in/mcp HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Length: 2\r\n\r\n`)
  await once(wire, 'data')
  wire.write('{}')
  await once(wire, 'close', { signal: AbortSignal.timeout(800) })

  assert.match(text, /^HTTP\/1\.1 503 [\s\S]*connection: close[\s\S]*"error":"busy"[\s\S]*\}$/i)
})
