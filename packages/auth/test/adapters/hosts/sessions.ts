import { randomUUID } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import { createAdaptorServer } from '@hono/node-server'
import { NodeStreamableHTTPServerTransport } from '@modelcontextprotocol/node'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import { WebStandardStreamableHTTPServerTransport } from '@modelcontextprotocol/server'
import express from 'express'
import { Hono } from 'hono'
import { protect } from '../../../src/adapters/express.ts'
import { protectFetch } from '../../../src/adapters/fetch.ts'
import * as onHono from '../../../src/adapters/hono.ts'
import { type Host, listen } from './stage.ts'
import { notesV1 } from './tools-v1.ts'
import { notesV2 } from './tools-v2.ts'

/** Conversations by id, as the SDKs' examples keep them: nothing of who began them. */
function conversations<Transport>(make: (keep: Keeping<Transport>) => Promise<Transport>) {
  const kept = new Map<string, Transport>()
  const keep: Keeping<Transport> = (transport) => ({
    sessionIdGenerator: randomUUID,
    onsessioninitialized: (id) => void kept.set(id, transport()),
    onsessionclosed: (id) => void kept.delete(id),
  })
  return async (id: string | null | undefined): Promise<Transport> => kept.get(id ?? '') ?? (await make(keep))
}

type Keeping<Transport> = (transport: () => Transport) => {
  readonly sessionIdGenerator: () => string
  readonly onsessioninitialized: (id: string) => void
  readonly onsessionclosed: (id: string) => void
}

export const sessionsV1: Host = {
  name: 'sessions of the SDK v1 on Express',
  start(stage) {
    const transportOf = conversations<StreamableHTTPServerTransport>(async (keep) => {
      const transport = new StreamableHTTPServerTransport(keep(() => transport))
      await notesV1(stage).connect(transport)
      return transport
    })
    const app = express()
    app.all('/mcp', protect(stage.gate), async (request, response) => {
      const transport = await transportOf(request.get('mcp-session-id'))
      await transport.handleRequest(request, response, request.body)
    })
    return listen(createServer(app))
  },
}

export const sessionsV2: Host = {
  name: 'sessions of the SDK v2 on Express',
  start(stage) {
    const transportOf = conversations<NodeStreamableHTTPServerTransport>(async (keep) => {
      const transport = new NodeStreamableHTTPServerTransport(keep(() => transport))
      await notesV2(stage).connect(transport)
      return transport
    })
    const app = express()
    app.all('/mcp', protect(stage.gate), async (request, response) => {
      const transport = await transportOf(request.get('mcp-session-id'))
      await transport.handleRequest(request, response, request.body)
    })
    return listen(createServer(app))
  },
}

function webTransportOf(stage: Parameters<Host['start']>[0]) {
  return conversations<WebStandardStreamableHTTPServerTransport>(async (keep) => {
    const transport = new WebStandardStreamableHTTPServerTransport(keep(() => transport))
    await notesV2(stage).connect(transport)
    return transport
  })
}

export const sessionsFetch: Host = {
  name: 'sessions of the SDK v2 on fetch',
  start(stage) {
    const transportOf = webTransportOf(stage)
    const fetch = protectFetch(stage.gate, async (request, options) =>
      (await transportOf(request.headers.get('mcp-session-id'))).handleRequest(request, options),
    )
    return listen(createAdaptorServer({ fetch }) as Server)
  },
}

export const sessionsHono: Host = {
  name: 'sessions of the SDK v2 on Hono',
  start(stage) {
    const transportOf = webTransportOf(stage)
    const app = new Hono<{ Variables: onHono.McpVariables }>()
    app.all('/mcp', onHono.protect(stage.gate), async (context) => {
      const transport = await transportOf(context.req.header('mcp-session-id'))
      return transport.handleRequest(context.req.raw, context.var)
    })
    return listen(createAdaptorServer({ fetch: app.fetch }) as Server)
  },
}
