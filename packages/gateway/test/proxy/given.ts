import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Guard } from '@portcullis/auth/guard'
import { compileScopes, TaskLedger } from '@portcullis/auth/policy'
import { type CredentialStore, memoryCredentials, memorySessions } from '@portcullis/auth/store'
import { pino } from 'pino'
import { createProxy, Lobby, Standing } from '../../src/proxy/index.ts'
import type { Recorder } from '../../src/record/index.ts'
import { Sessions } from '../../src/sessions/index.ts'
import type { Upstream } from '../../src/upstream/upstream.ts'

export const NOW = 1_800_000_000

/** Takes every call and has nothing to say. */
const ACCEPTING: Upstream = {
  send(_call, answer) {
    answer.start(202, [])
    answer.end()
  },
  close: async () => {},
}

/** The way of a request behind a listener of its own, at a server `tools` with keys. */
export async function givenProxy({
  credentials = memoryCredentials(),
  upstream = ACCEPTING,
  isCrowded = false,
}: {
  readonly credentials?: CredentialStore
  readonly upstream?: Upstream
  readonly isCrowded?: boolean
}) {
  const refusals: Parameters<Recorder['refusal']>[0][] = []
  const now = () => NOW
  const recorder: Recorder = {
    newId: () => 'id',
    intent: (_intent, then) => then(),
    outcome: (_id, _ending, then) => then(),
    complete: (_event, then) => then(),
    operation: () => {},
    refusal: (refusal) => void refusals.push(refusal),
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
    onScopeDenied: () => {},
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
  const listener = createServer((request, response) =>
    proxy({ request, response, server, secret: undefined, peer: '127.0.0.1', fields: [], isCrowded }),
  ).listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const { port } = listener.address() as AddressInfo
  return { port, refusals, close: () => listener.close().closeAllConnections() }
}
