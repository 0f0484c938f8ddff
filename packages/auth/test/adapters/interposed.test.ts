import assert from 'node:assert/strict'
import { it } from 'node:test'
import { interpose, type SdkTransport } from '../../src/adapters/mcp/transport.ts'
import { policy } from '../../src/index.ts'
import { bearer, given, passageOf } from '../entry/given.ts'

type Json = Readonly<Record<string, unknown>>

/** A transport with a server behind it that never answers by itself, and somebody who may see `read_*` alone. */
async function givenTransport() {
  const { gate, key, knock } = given({ policy: policy({ scopes: { 'notes:read': ['read_*'] } }) })
  const { authInfo } = passageOf(
    await knock({
      headers: bearer((await key({ scopes: ['notes:read'] })).secret),
      message: { jsonrpc: '2.0', id: 1, method: 'ping' },
    }),
  )
  const [heard, sent, errors]: [Json[], Json[], Error[]] = [[], [], []]
  const transport = {
    onmessage: (message: Json) => void heard.push(message),
    onerror: (error: Error) => void errors.push(error),
    send: async (message: Json) => void sent.push(message),
    start: async () => {},
  }
  interpose(transport as unknown as SdkTransport, gate)
  const receive = (message: Json) =>
    (transport.onmessage as unknown as (message: Json, extra: object) => void)(
      { jsonrpc: '2.0', ...message },
      { authInfo },
    )
  return { receive, send: transport.send, heard, sent, errors }
}

const TOOLS = { tools: [{ name: 'read_note' }, { name: 'drop_note' }] }

it('a list that is asked for goes out filtered, whatever else is asked under its id meanwhile', async () => {
  const { receive, send, heard, sent, errors } = await givenTransport()
  receive({ id: 7, method: 'tools/list' })
  receive({ id: 7, method: 'ping' })

  await send({ jsonrpc: '2.0', id: 7, result: TOOLS })

  assert.deepEqual(
    heard.map(({ method }) => method),
    ['tools/list'],
  )
  assert.equal(errors.length, 1)
  assert.deepEqual(sent, [{ jsonrpc: '2.0', id: 7, result: { tools: [{ name: 'read_note' }] } }])
})

it('an id is free again when its request was answered or cancelled', async () => {
  const { receive, send, heard } = await givenTransport()
  receive({ id: 1, method: 'ping' })
  await send({ jsonrpc: '2.0', id: 1, result: {} })
  receive({ id: 1, method: 'tools/list' })
  receive({ method: 'notifications/cancelled', params: { requestId: 1 } })
  receive({ id: 1, method: 'ping' })

  assert.deepEqual(
    heard.map(({ method }) => method),
    ['ping', 'tools/list', 'notifications/cancelled', 'ping'],
  )
})
