import type { Server } from 'node:http'
import { createAdaptorServer } from '@hono/node-server'
import { createMcpHonoApp } from '@modelcontextprotocol/hono'
import { Hono } from 'hono'
import { type McpVariables, metadata, protect } from '../../../src/adapters/hono.ts'
import { broken, type Host, listen, ROOMY } from './stage.ts'
import { handlerV2 } from './tools-v2.ts'

export const hono: Host = {
  name: 'Hono, SDK v2',
  start({ gate, ...stage }) {
    const app = new Hono<{ Variables: McpVariables }>()
    const mcp = handlerV2({ gate, ...stage })
    app.use(metadata(gate))
    app.all('/mcp', protect(gate), (context) => mcp.fetch(context.req.raw, context.var))
    app.all('/broken', protect(gate), broken)
    app.onError((_error, context) => context.text('', 500))
    return listen(createAdaptorServer({ fetch: app.fetch, serverOptions: ROOMY }) as Server)
  },
}

export const mcpHono: Host = {
  name: '@modelcontextprotocol/hono, SDK v2',
  comparesHost: true,
  parses: 'first',
  start({ gate, ...stage }) {
    const app = createMcpHonoApp()
    const mcp = handlerV2({ gate, ...stage })
    app.use(metadata(gate))
    app.all('/mcp', protect(gate), (context) => mcp.fetch(context.req.raw, context.var))
    app.all('/broken', protect(gate), broken)
    app.onError((_error, context) => context.text('', 500))
    return listen(createAdaptorServer({ fetch: app.fetch, serverOptions: ROOMY }) as Server)
  },
}
