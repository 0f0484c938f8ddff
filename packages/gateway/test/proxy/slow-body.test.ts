import assert from 'node:assert/strict'
import { once } from 'node:events'
import { request } from 'node:http'
import { it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { issue } from '@portcullis/auth/keys'
import { memoryCredentials } from '@portcullis/auth/store'
import type { Upstream } from '../../src/upstream/upstream.ts'
import { givenProxy, NOW } from './given.ts'

it('a key that is revoked while its body is on the way opens nothing', async (t) => {
  const credentials = memoryCredentials()
  const { secret, record } = await issue(credentials, { kind: 'api-key', server: 'tools', name: 'slow' }, NOW)
  let calls = 0
  const upstream: Upstream = { send: () => calls++, close: async () => {} }
  const { port, close } = await givenProxy({ credentials, upstream })
  t.after(close)

  const body = '{"jsonrpc":"2.0","id":1,"method":"tools/list"}'
  const headers = { authorization: `Bearer ${secret}`, 'content-type': 'application/json' }
  const sent = request({ port, host: '127.0.0.1', method: 'POST', headers, agent: false })
  sent.write(body.slice(0, 10))
  await sleep(300)
  await credentials.revoke(record.id, NOW)
  sent.end(body.slice(10))
  const [answer] = await once(sent, 'response')

  assert.equal(answer.statusCode, 401)
  assert.equal(calls, 0)
})
