import { createServer } from 'node:http'
import { createMcpExpressApp } from '@modelcontextprotocol/express'
import { toNodeHandler } from '@modelcontextprotocol/node'
import express from 'express'
import express4 from 'express4'
import { metadata, protect } from '../../../src/adapters/express.ts'
import { broken, type Host, listen, ROOMY } from './stage.ts'
import { answerV1 } from './tools-v1.ts'
import { handlerV2 } from './tools-v2.ts'

interface Answering {
  status(code: number): { end(): unknown }
}

/** Express writes to the console what it answers; of that nothing is to be seen here. */
const quietly = (error: { status?: number }, _request: unknown, response: Answering, _next: unknown): void => {
  response.status(error.status ?? 500).end()
}

export const express5: Host = {
  name: 'Express 5, SDK v1',
  start(stage) {
    const app = express()
    app.use(metadata(stage.gate))
    app.all('/mcp', protect(stage.gate), (request, response) => answerV1(stage, [request, response, request.body]))
    app.all('/broken', protect(stage.gate), broken)
    app.use(quietly)
    return listen(createServer(ROOMY, app))
  },
}

export const express4Parsed: Host = {
  name: 'Express 4 behind its JSON parser, SDK v1',
  parses: 'first',
  start(stage) {
    const app = express4()
    app.use(metadata(stage.gate))
    app.use(express4.json({ limit: '4mb' }))
    app.all('/mcp', protect(stage.gate), (request, response, next) => {
      answerV1(stage, [request, response, request.body]).catch(next)
    })
    app.all('/broken', protect(stage.gate), broken)
    app.use(quietly)
    return listen(createServer(ROOMY, app))
  },
}

export const mcpExpress: Host = {
  name: '@modelcontextprotocol/express, SDK v2',
  comparesHost: true,
  parses: 'first',
  start(stage) {
    const app = createMcpExpressApp({ jsonLimit: '4mb' })
    const handler = toNodeHandler(handlerV2(stage))
    app.use(metadata(stage.gate))
    app.all('/mcp', protect(stage.gate), (request, response) => handler(request, response, request.body))
    app.all('/broken', protect(stage.gate), broken)
    app.use(quietly)
    return listen(createServer(ROOMY, app))
  },
}
