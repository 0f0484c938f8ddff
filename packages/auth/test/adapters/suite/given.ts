import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import type { AuditEvent, RequestEvent } from '../../../src/events/index.ts'
import { apiKeys, type GuardOptions, guard, policy } from '../../../src/index.ts'
import { type Issued, type IssueTerms, issue } from '../../../src/keys/index.ts'
import { type CredentialStore, memoryCredentials } from '../../../src/store/index.ts'
import type { Host } from '../hosts/stage.ts'
import { type Answer, type Asked, ask, askRaw } from './wire.ts'

/** Not where the hosts listen: behind a proxy the option has the say. */
export const RESOURCE = 'https://notes.example.com/behind/mcp'
export const METADATA = 'https://notes.example.com/.well-known/oauth-protected-resource/behind/mcp'

/** Challenges of a server that takes keys alone (RFC 6750 §3). */
export const NONE = 'Bearer realm="portcullis"'
export const INVALID = `${NONE}, error="invalid_token"`
export const TWICE = `${NONE}, error="invalid_request"`

export type Given = Awaited<ReturnType<typeof given>>

/** A host with a guard before its tools, until the test ends. */
export async function given(
  host: Host,
  test: TestContext,
  makeOptions: (store: CredentialStore) => Partial<GuardOptions> = () => ({}),
) {
  const store = memoryCredentials()
  const clock = { now: Math.floor(Date.now() / 1000) }
  const events: AuditEvent[] = []
  const heard: string[] = []
  const gate = guard({
    resource: RESOURCE,
    access: [apiKeys(store)],
    name: 'notes',
    policy: policy({ scopes: { 'notes:read': ['read_*', 'watch_*'], 'notes:write': ['write_*', 'drop_*'] } }),
    onEvent: (event) => void events.push(event),
    onWarning: () => {},
    now: () => clock.now,
    ...makeOptions(store),
  })
  let raise: () => void = () => {}
  const curtain = new Promise<void>((resolve) => {
    raise = resolve
  })
  const { port, close } = await host.start({ gate, heard, curtain })
  test.after(async () => {
    raise()
    await close()
    await gate.close()
  })
  return {
    ...{ store, clock, events, heard, gate, port, raise },
    ask: (asked: Asked): Promise<Answer> => ask(port, asked),
    raw: (text: string) => askRaw(port, text),
    /** A key that reads and writes notes, unless the terms say otherwise. */
    key: (terms: Partial<IssueTerms> = {}): Promise<Issued> =>
      issue(store, { kind: 'api-key', server: 'notes', name: 'a key', ...terms }, clock.now),
    requests: (): readonly RequestEvent[] => events.filter((event) => event.type === 'request'),
  }
}

export function call(name: string, args: object = {}) {
  return { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: args } }
}

export function bearer({ secret }: Pick<Issued, 'secret'>) {
  return { authorization: `Bearer ${secret}` }
}

/** A request in bytes, with these lines among its fields. */
export function inBytes(
  { comparesHost = false }: Host,
  lines: readonly string[],
  message: object,
  target = '/mcp',
): string {
  const body = JSON.stringify(message)
  return [
    ...[`POST ${target} HTTP/1.1`, `Host: ${comparesHost ? 'localhost' : 'notes.example.com'}`],
    ...['Content-Type: application/json', 'Accept: application/json, text/event-stream'],
    ...[`Content-Length: ${body.length}`, 'Connection: close', ...lines, '', body],
  ].join('\r\n')
}

/** The answer of a tool, as its caller reads it. */
export function textOf(answer: Answer): string {
  const { content } = (answer.json?.result ?? {}) as { content?: readonly { text: string }[] }
  return content?.map(({ text }) => text).join('') ?? `${answer.status} ${answer.text}`
}

/** Status, code and challenge of a refusal; and that nobody behind the guard has heard of it. */
export function assertRefused(
  { heard }: Pick<Given, 'heard'>,
  answer: Answer | undefined,
  [status, code, challenge]: readonly [status: number, code?: string | number, challenge?: string | undefined],
): void {
  const error = answer?.json?.error
  const found = typeof error === 'object' && error !== null ? (error as { code?: unknown }).code : error
  assert.deepEqual(
    [answer?.status, found, answer?.headers['www-authenticate'], heard],
    [status, code, challenge, []],
    answer?.text,
  )
  assertNothingInternal(answer)
}

/** No stack, no path of a file, no text of an error that was thrown. */
export function assertNothingInternal(answer: Answer | undefined): void {
  assert.doesNotMatch(answer?.text ?? '', /node_modules|\.ts:\d|\.m?js:\d|its own|portcullis\/auth/)
}
