import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { it, type TestContext } from 'node:test'
import type { Call } from '../../src/upstream/upstream.ts'
import { ask, givenUpstream } from './given.ts'

/** A server that answers everything alike, and what its operator was told. */
async function givenServer(t: TestContext, status: number, body: string) {
  const told: unknown[] = []
  const server = createServer((_, response) => response.writeHead(status).end(body))
  const warn = (message: string, fields: object) => void told.push({ message, ...fields })
  const { upstream, close } = await givenUpstream(server, { warn })
  t.after(close)
  return { told, ask: (further?: Partial<Call>) => ask(upstream, further) }
}

for (const [what, status, body] of [
  ['a page that says so', 404, '<h1>Not Found</h1>'],
  ['JSON that is not MCP', 404, '{"detail":"Not Found"}'],
  ['nothing but a status', 405, ''],
] as const) {
  it(`of a server whose address leads nowhere the operator is told, once: ${what}`, async (t) => {
    const { ask, told } = await givenServer(t, status, body)

    for (let times = 0; times < 3; times++) await ask()

    const message = 'a server answers as if there were no MCP at its address: check the path in its `upstream.url`'
    assert.deepEqual(told, [{ message, status }])
  })
}

it('what a server of MCP refuses is no reason to doubt its address', async (t) => {
  const refusal = '{"jsonrpc":"2.0","id":null,"error":{"code":-32601,"message":"Method not found"}}'
  const refusing = await givenServer(t, 404, refusal)
  const failing = await givenServer(t, 500, 'a stack trace')
  const forgetful = await givenServer(t, 404, 'no such session')

  await refusing.ask()
  await failing.ask()
  await forgetful.ask({ upstreamSession: 's' })
  await forgetful.ask({ method: 'GET' })

  assert.deepEqual([...refusing.told, ...failing.told, ...forgetful.told], [])
})
