/**
 * Real clients, each with the same few abilities. What they send is theirs; nothing is intercepted.
 */
import { join } from 'node:path'
import * as v2 from '@modelcontextprotocol/client'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js'
import {
  LoggingMessageNotificationSchema,
  ResourceUpdatedNotificationSchema,
  ToolListChangedNotificationSchema,
} from '@modelcontextprotocol/sdk/types.js'
import { givenDirectory } from './gate.ts'
import { type Finished, ROOT, runProgram } from './processes.ts'

export interface CallOptions {
  readonly onprogress?: (progress: number) => void
  readonly signal?: AbortSignal
}

/** A client that stays connected. */
export interface RealClient {
  /** The revision that it has agreed on, where the client tells. */
  readonly revision: string | undefined
  readonly tools: () => Promise<string[]>
  /** The text of the result. @throws what the client throws. */
  readonly call: (name: string, args?: Record<string, unknown>, options?: CallOptions) => Promise<string>
  readonly subscribe: (uri: string) => Promise<void>
  /** Calls `heard` with the method of each notification from now on that tells of a change or carries a log line. */
  readonly listen: (heard: (method: string, params: Record<string, unknown>) => void) => void
  readonly close: () => Promise<void>
}

export interface ClientKind {
  readonly name: string
  readonly era: 'legacy' | 'modern'
  /** @throws when it is refused. */
  connect(url: string, key: string | undefined): Promise<RealClient>
}

const INFO = { name: 'suite', version: '1' }
const textOf = (content: unknown): string => (content as { text?: string }[]).map(({ text }) => text ?? '').join('')
const authorization = (key: string | undefined): Record<string, string> =>
  key === undefined ? {} : { authorization: `Bearer ${key}` }

export const sdkV1: ClientKind = {
  name: 'SDK v1',
  era: 'legacy',
  connect: (url, key) => {
    const requestInit = { headers: authorization(key) }
    return connectV1(new StreamableHTTPClientTransport(new URL(url), { requestInit }) as Transport)
  },
}

/** The bridge as a desktop application starts it: a program over stdio. */
export const mcpRemote: ClientKind = {
  name: 'mcp-remote',
  era: 'legacy',
  connect: (url, key) => connectV1(remoteTransport(url, key)),
}

export function remoteTransport(url: string, key: string | undefined, ...further: readonly string[]) {
  const header = key === undefined ? [] : ['--header', `Authorization: Bearer ${key}`]
  return new StdioClientTransport({
    command: process.execPath,
    args: [join(ROOT, 'node_modules/mcp-remote/dist/proxy.js'), url, ...header, ...further],
    env: {
      PATH: process.env.PATH ?? '',
      HOME: givenDirectory(),
      BROWSER: 'false',
      MCP_REMOTE_CONFIG_DIR: givenDirectory(),
    },
    stderr: 'pipe',
  })
}

async function connectV1(transport: Transport): Promise<RealClient> {
  const client = new Client(INFO, { capabilities: {} })
  await client.connect(transport)
  const { protocolVersion } = transport as { protocolVersion?: string }
  return {
    revision: protocolVersion,
    tools: async () => (await client.listTools()).tools.map(({ name }) => name),
    call: async (name, args = {}, { onprogress, signal } = {}) => {
      const result = await client.callTool({ name, arguments: args }, undefined, {
        ...(onprogress === undefined
          ? {}
          : { onprogress: ({ progress }: { progress: number }) => onprogress(progress) }),
        ...(signal === undefined ? {} : { signal }),
      })
      return textOf(result.content)
    },
    subscribe: async (uri) => void (await client.subscribeResource({ uri })),
    listen: (heard) => {
      for (const schema of [
        LoggingMessageNotificationSchema,
        ResourceUpdatedNotificationSchema,
        ToolListChangedNotificationSchema,
      ]) {
        client.setNotificationHandler(schema, ({ method, params }) => heard(method, { ...params }))
      }
    },
    close: () => client.close(),
  }
}

export const sdkV2: ClientKind = { name: 'SDK v2', era: 'legacy', connect: (url, key) => connectV2(url, key, 'legacy') }

export const sdkV2Modern: ClientKind = {
  name: 'SDK v2, modern',
  era: 'modern',
  connect: (url, key) => connectV2(url, key, { pin: '2026-07-28' }),
}

/** Finds out for itself which era the server speaks. */
export const sdkV2Auto: ClientKind = {
  name: 'SDK v2, automatic',
  era: 'modern',
  connect: (url, key) => connectV2(url, key, 'auto'),
}

async function connectV2(
  url: string,
  key: string | undefined,
  mode: 'legacy' | 'auto' | { pin: string },
): Promise<RealClient> {
  const client = new v2.Client(INFO, { capabilities: {}, versionNegotiation: { mode } })
  const requestInit = { headers: authorization(key) }
  await client.connect(new v2.StreamableHTTPClientTransport(new URL(url), { requestInit }))
  const isModern = client.getProtocolEra() === 'modern'
  return {
    revision: client.getNegotiatedProtocolVersion(),
    tools: async () => (await client.listTools()).tools.map(({ name }) => name),
    call: async (name, args = {}, { onprogress, signal } = {}) => {
      const result = await client.callTool(
        { name, arguments: args },
        {
          ...(onprogress === undefined
            ? {}
            : { onprogress: ({ progress }: { progress: number }) => onprogress(progress) }),
          ...(signal === undefined ? {} : { signal }),
        },
      )
      return textOf(result.content)
    },
    subscribe: async (uri) => {
      if (isModern) await client.listen({ resourceSubscriptions: [uri], toolsListChanged: true })
      else await client.subscribeResource({ uri })
    },
    listen: (heard) => {
      for (const method of [
        'notifications/message',
        'notifications/resources/updated',
        'notifications/tools/list_changed',
      ] as const) {
        client.setNotificationHandler(method, ({ params }) => heard(method, { ...params }))
      }
    },
    close: () => client.close(),
  }
}

/** The Inspector's command line: one method, one answer. */
export function inspector(url: string, key: string | undefined, ...args: readonly string[]): Promise<Finished> {
  const header = key === undefined ? [] : ['--header', `Authorization: Bearer ${key}`]
  const program = join(ROOT, 'node_modules/.bin/inspector')
  return runProgram(process.execPath, [program, '--cli', url, '--transport', 'http', ...header, ...args], {
    env: { PATH: process.env.PATH ?? '', HOME: givenDirectory(), BROWSER: 'false' },
  })
}

export function curl(...args: readonly string[]): Promise<Finished> {
  return runProgram('curl', ['--silent', '--show-error', '--max-time', '15', ...args])
}
