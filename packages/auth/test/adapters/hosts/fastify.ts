import type { AddressInfo } from 'node:net'
import { createMcpFastifyApp } from '@modelcontextprotocol/fastify'
import { toNodeHandler } from '@modelcontextprotocol/node'
import createFastify, { type FastifyInstance } from 'fastify'
import { metadata, onRaw, protect } from '../../../src/adapters/fastify.ts'
import { broken, type Host, ROOMY, type Running, type Stage } from './stage.ts'
import { handlerV2 } from './tools-v2.ts'

export const fastify: Host = {
  name: 'Fastify, SDK v2',
  parses: 'known',
  start: (stage) => serve(stage, createFastify({ http: ROOMY, bodyLimit: 4 * 2 ** 20 })),
}

export const mcpFastify: Host = {
  name: '@modelcontextprotocol/fastify, SDK v2',
  comparesHost: true,
  parses: 'known',
  start: (stage) => serve(stage, createMcpFastifyApp()),
}

async function serve(stage: Stage, app: FastifyInstance): Promise<Running> {
  const { gate } = stage
  app.addHook('onRequest', metadata(gate))
  app.all('/mcp', protect(gate), onRaw(toNodeHandler(handlerV2(stage))))
  app.all('/broken', protect(gate), broken)
  app.setErrorHandler(({ statusCode = 500 }: { statusCode?: number }, _request, reply) => {
    reply.code(statusCode).send()
  })
  await app.listen({ host: '127.0.0.1', port: 0 })
  return {
    port: (app.server.address() as AddressInfo).port,
    close() {
      app.server.closeAllConnections()
      return app.close()
    },
  }
}
