import assert from 'node:assert/strict'
import { Witness } from '../servers/witness.ts'
import { type Gate, startGate } from './gate.ts'
import type { Answer, HeaderFields } from './http.ts'
import { bearer, type Json, mirrored, type Speaker, speak, textOf } from './mcp.ts'
import { MODERN, type Revision } from './suite.ts'
import { type Journal, journaledProgram } from './upstreams.ts'

/** A gate with short patience, a server of each kind that notes what it hears, and somebody who behaves. */
export interface Stage {
  readonly gate: Gate
  readonly witness: Witness
  readonly journal: Journal
  readonly modernJournal: Journal
  /** For the servers `http`, `stdio` and `stdio-modern`. */
  readonly key: string
  readonly stdioKey: string
  readonly modernKey: string
  /** Of the server `http`. */
  readonly url: string
  readonly good: Speaker
}

export async function startStage(): Promise<Stage> {
  const witness = await Witness.start()
  const journal = journaledProgram()
  const modernJournal = journaledProgram('modern')
  const gate = await startGate({
    limits: { headersTimeout: '1s', bodyTimeout: '1s' },
    servers: {
      http: { upstream: { url: witness.url() }, access: ['api-key'] },
      stdio: { upstream: journal.upstream, access: ['api-key'] },
      'stdio-modern': { upstream: modernJournal.upstream, access: ['api-key'] },
    },
  })
  const keys = await Promise.all(['http', 'stdio', 'stdio-modern', 'http'].map((server) => gate.key(server)))
  const [key, stdioKey, modernKey, goodKey] = keys.map((issued) => issued.key) as [string, string, string, string]
  const url = gate.mcp('http')
  const good = await speak(url, '2025-11-25', bearer(goodKey))
  witness.forget()
  return { gate, witness, journal, modernJournal, key, stdioKey, modernKey, url, good }
}

/** Whatever came before, whoever behaves is served, at once. */
export async function expectServed(good: Speaker, witness: Witness): Promise<void> {
  const startedAt = performance.now()
  const spoken = await good.request('tools/call', { name: 'echo', arguments: { still: 'here' } })
  assert.equal(textOf(spoken), 'echo: {"still":"here"}')
  assert.ok(performance.now() - startedAt < 1000, 'the gate goes on for the others')
  witness.forget()
}

export function expectRefused(witness: Witness, answer: Answer, status: number, code: number): void {
  assert.equal(answer.status, status, answer.text)
  assert.equal((answer.json().error as Json).code, code, answer.text)
  assert.equal(witness.heard.length, 0, 'the server behind heard nothing')
}

/** A body of a revision, with the fields that go with it. */
export function framed(
  revision: Revision,
  method: string,
  params: string,
  id = '1',
): [body: string, headers: HeaderFields] {
  if (revision !== MODERN) {
    return [`{"jsonrpc":"2.0","id":${id},"method":"${method}","params":${params}}`, {}]
  }
  const meta = `"_meta":{"io.modelcontextprotocol/protocolVersion":"${MODERN}","io.modelcontextprotocol/clientCapabilities":{}}`
  const inner = params.slice(1, -1)
  const body = `{"jsonrpc":"2.0","id":${id},"method":"${method}","params":{${meta}${inner === '' ? '' : `,${inner}`}}}`
  const name = /"name":"([^"]*)"/.exec(params)?.[1]
  return [body, mirrored(method, name === undefined ? {} : { name })]
}
