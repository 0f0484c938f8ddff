import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Guard } from '@portcullis/auth/guard'
import { issue } from '@portcullis/auth/keys'
import { compileScopes, TaskLedger } from '@portcullis/auth/policy'
import { memoryCredentials, memorySessions } from '@portcullis/auth/store'
import { pino } from 'pino'
import { createProxy, Lobby, Standing } from '../../src/proxy/index.ts'
import type { Recorder } from '../../src/record/index.ts'
import { Sessions } from '../../src/sessions/index.ts'
import type { Upstream } from '../../src/upstream/upstream.ts'

const NOW = 1_800_000_000

it('a key that is revoked while its body is on the way opens nothing', async () => {
  const credentials = memoryCredentials()
  const { secret, record } = await issue(credentials, { kind: 'api-key', server: 'tools', name: 'slow' }, NOW)
  let calls = 0
  const upstream: Upstream = {
    send(_call, answer) {
      calls++
      answer.start(202, [])
      answer.end()
    },
    close: async () => {},
  }
  const now = () => NOW
  const recorder: Recorder = {
    newId: () => 'id',
    intent: (_intent, then) => then(),
    outcome: (_id, _ending, then) => then(),
    complete: (_event, then) => then(),
    operation: () => {},
    refusal: () => {},
    close: () => {},
  }
  const proxy = createProxy({
    guard: new Guard({ credentials, now, defer: setImmediate }),
    sessions: new Sessions({
      store: memorySessions(),
      sealingKey: new Uint8Array(32),
      maxSessions: 10,
      now,
      onDropped: () => {},
    }),
    lobby: new Lobby(),
    tasks: new TaskLedger(),
    standing: new Standing(),
    recorder,
    limits: { bodyBytes: 1000, eventBytes: 1000 },
    log: pino({ level: 'silent' }),
  })
  const server = {
    name: 'tools',
    access: new Set(['api-key'] as const),
    scopes: compileScopes({}),
    upstream,
    hasLastingSessions: false,
    furtherMethods: new Set<string>(),
    forwardFields: [],
  }
  const listener = createServer((incoming, response) =>
    proxy({ request: incoming, response, server, secret: undefined, peer: '127.0.0.1', fields: [], isCrowded: false }),
  ).listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const { port } = listener.address() as AddressInfo

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
  answer.resume()
  listener.close()
})
