import assert from 'node:assert/strict'
import { once } from 'node:events'
import { Agent, type IncomingMessage, request } from 'node:http'
import { it, type TestContext } from 'node:test'
import { issue } from '@portcullis/auth/keys'
import { type CredentialStore, memoryCredentials } from '@portcullis/auth/store'
import type { Answer, Upstream } from '../../src/upstream/upstream.ts'
import { givenProxy, NOW } from './given.ts'

/** One request by a client that would like to keep its connection. */
async function ask(port: number, key?: string): Promise<IncomingMessage> {
  const headers = {
    'content-type': 'application/json',
    ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
  }
  const agent = new Agent({ keepAlive: true })
  const sent = request({ port, host: '127.0.0.1', method: 'POST', headers, agent })
  sent.end('{"jsonrpc":"2.0","id":1,"method":"tools/list"}')
  const [answer] = await once(sent, 'response')
  await once(answer.resume(), 'end')
  agent.destroy()
  return answer
}

async function givenKey(credentials: CredentialStore): Promise<string> {
  const { secret } = await issue(credentials, { kind: 'api-key', server: 'tools', name: 'laptop' }, NOW)
  return secret
}

it('in a crowd the connection of whoever has no key ends with the 401; who has one stays', async (t) => {
  const credentials = memoryCredentials()
  const key = await givenKey(credentials)
  const { port, close } = await givenProxy({ credentials, isCrowded: true })
  t.after(close)

  const [stranger, known] = [await ask(port), await ask(port, key)]

  assert.deepEqual([stranger.statusCode, stranger.headers.connection], [401, 'close'])
  assert.deepEqual([known.statusCode, known.headers.connection], [202, 'keep-alive'])
})

it('with room left whoever has no key may ask again on the same connection', async (t) => {
  const { port, close } = await givenProxy({})
  t.after(close)

  const stranger = await ask(port)

  assert.deepEqual([stranger.statusCode, stranger.headers.connection], [401, 'keep-alive'])
})

for (const [how, changes] of [
  ['at once', () => assert.fail('the disk is gone')],
  ['later', () => Promise.reject(new Error('the disk is gone'))],
] as const) {
  it(`who cannot be checked, because the store fails ${how}, is refused and counted`, async (t) => {
    const credentials = memoryCredentials()
    const key = await givenKey(credentials)
    const { port, refusals, close } = await givenProxy({ credentials: { ...credentials, changes } })
    t.after(close)

    const answers = [await ask(port, key), await ask(port, key)]

    assert.deepEqual(
      answers.map(({ statusCode }) => statusCode),
      [503, 503],
    )
    const counted = { peer: '127.0.0.1', reason: 'store_silent', server: 'tools' }
    assert.deepEqual(refusals, [counted, counted])
  })
}

it('the record is told why a key opens nothing, and its caller is not', async () => {
  const credentials = memoryCredentials()
  const terms = { kind: 'api-key', server: 'elsewhere', name: 'laptop' } as const
  const { record, secret } = await issue(credentials, terms, NOW)
  const { port, refusals, close } = await givenProxy({ credentials })

  const { statusCode } = await ask(port, secret)

  close()
  assert.equal(statusCode, 401)
  const [{ reason, because, credentialId } = {}] = refusals
  assert.deepEqual([reason, because, credentialId], ['key_invalid', 'other_server', record.id])
})

/** A server of which the first answer goes wrong. @returns what asks it once. */
async function givenTrouble(t: TestContext, answerTo: (call: number, answer: Answer) => void) {
  const credentials = memoryCredentials()
  const key = await givenKey(credentials)
  let calls = 0
  const upstream: Upstream = { send: (_call, answer) => answerTo(++calls, answer), close: async () => {} }
  const { port, close } = await givenProxy({ credentials, upstream })
  t.after(close)
  return () => ask(port, key)
}

it('a fault on the way to a server ends the one call, in order; the gate goes on', async (t) => {
  const askOnce = await givenTrouble(t, (call, answer) => {
    if (call === 1) throw new Error('never thought of')
    answer.start(202, [])
    answer.end()
  })

  assert.deepEqual([(await askOnce()).statusCode, (await askOnce()).statusCode], [502, 202])
})

it('an answer that cannot be sent ends the one call; the gate goes on', async (t) => {
  const askOnce = await givenTrouble(t, (call, answer) => {
    answer.start(200, ['content-type', call === 1 ? 'application/json\u0001' : 'application/json'])
    answer.end(Buffer.from('{}'))
  })

  await assert.rejects(askOnce(), { code: 'ECONNRESET' })
  assert.equal((await askOnce()).statusCode, 200)
})
