import type { AuditEvent } from '../../src/events/index.ts'
import {
  type Admission,
  apiKeys,
  type Body,
  type GuardOptions,
  guard,
  type Passage,
  type Visit,
} from '../../src/index.ts'
import { type IssueTerms, issue } from '../../src/keys/index.ts'
import { memoryCredentials } from '../../src/store/index.ts'

export const RESOURCE = 'http://127.0.0.1:3000/notes/mcp'
/** Seconds since the epoch. */
export const NOON = 1_800_000_000

export interface Knock {
  readonly method?: string
  readonly target?: string
  readonly peer?: string
  readonly headers?: Readonly<Record<string, string | readonly string[]>>
  /** Sent as JSON. */
  readonly message?: unknown
  readonly body?: Body
}

/** A guard with a store of keys, its events and warnings, and a way to knock. */
export function given(options: Partial<GuardOptions> = {}) {
  const store = memoryCredentials()
  const events: AuditEvent[] = []
  const warnings: string[] = []
  const clock = { now: NOON }
  const gate = guard({
    resource: RESOURCE,
    access: [apiKeys(store)],
    onEvent: (event) => void events.push(event),
    onWarning: (text) => void warnings.push(text),
    now: () => clock.now,
    ...options,
  })
  const key = (terms: Partial<IssueTerms> = {}) =>
    issue(store, { kind: 'api-key', server: gate.name, name: 'test', ...terms }, clock.now)
  let bodiesRead = 0
  const knock = (how: Knock): Promise<Admission> =>
    gate.admit(toVisit(how), () => {
      bodiesRead++
      return how.body ?? { kind: 'parsed', value: how.message ?? call('read_note') }
    })
  return { gate, store, events, warnings, clock, key, knock, bodiesRead: () => bodiesRead }
}

export function toVisit({ method = 'POST', target = '/notes/mcp', peer = '192.0.2.1', headers = {} }: Knock): Visit {
  const all = (name: string) => [headers[name] ?? []].flat()
  return { method, target, peer, header: (name) => all(name)[0], isRepeated: (name) => all(name).length > 1 }
}

export function bearer(secret: string): Readonly<Record<string, string>> {
  return { authorization: `Bearer ${secret}` }
}

export function call(name: string, args: object = {}) {
  return { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: args } }
}

/** @throws {Error} when it was refused. */
export function passageOf(admission: Admission): Passage {
  if (admission.kind === 'refused') throw new Error(`refused: ${admission.reply.status} ${admission.reply.body}`)
  return admission.passage
}

/** Status and code of a refusal. @throws {Error} when it was let in. */
export function refusalOf(admission: Admission): readonly [status: number, code: unknown] {
  if (admission.kind === 'admitted') throw new Error('it was let in')
  const { status, body } = admission.reply
  const { error } = JSON.parse(body) as { readonly error: unknown }
  const code = typeof error === 'object' && error !== null ? (error as { readonly code?: unknown }).code : error
  return [status, code]
}
