import * as v2 from '@modelcontextprotocol/client'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js'

/** A client of an SDK, connected. */
export interface Connected {
  readonly tools: () => Promise<readonly string[]>
  /** The text of the result; of one with `isError`, too. @throws what the client throws. */
  readonly call: (name: string, args?: Record<string, unknown>) => Promise<string>
  readonly close: () => Promise<void>
}

export interface ClientKind {
  readonly name: string
  /** @throws when it is refused. */
  connect(url: string, key: string | undefined): Promise<Connected>
}

const INFO = { name: 'example', version: '1.0.0' }

export const clientV1: ClientKind = {
  name: 'SDK v1',
  async connect(url, key) {
    const client = new Client(INFO)
    await client.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit: asBearer(key) }) as Transport)
    return {
      tools: async () => (await client.listTools()).tools.map(({ name }) => name),
      call: async (name, args = {}) => textOf((await client.callTool({ name, arguments: args })).content),
      close: () => client.close(),
    }
  },
}

export const clientV2: ClientKind = { name: 'SDK v2, 2025', connect: (url, key) => connectV2(url, key, 'legacy') }

export const clientV2Modern: ClientKind = {
  name: 'SDK v2, 2026-07-28',
  connect: (url, key) => connectV2(url, key, { pin: '2026-07-28' }),
}

async function connectV2(url: string, key: string | undefined, mode: 'legacy' | { pin: string }): Promise<Connected> {
  const client = new v2.Client(INFO, { versionNegotiation: { mode } })
  await client.connect(new v2.StreamableHTTPClientTransport(new URL(url), { requestInit: asBearer(key) }))
  return {
    tools: async () => (await client.listTools()).tools.map(({ name }) => name),
    call: async (name, args = {}) => textOf((await client.callTool({ name, arguments: args })).content),
    close: () => client.close(),
  }
}

function asBearer(key: string | undefined): { headers: Record<string, string> } {
  return { headers: key === undefined ? {} : { authorization: `Bearer ${key}` } }
}

export function textOf(content: unknown): string {
  return (content as { text?: string }[]).map(({ text }) => text ?? '').join('')
}
