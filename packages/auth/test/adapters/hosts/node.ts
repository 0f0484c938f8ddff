import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { toNodeHandler } from '@modelcontextprotocol/node'
import { protectNode } from '../../../src/adapters/node.ts'
import { broken, type Host, listen, ROOMY, type Running, type Stage } from './stage.ts'
import { answerV1 } from './tools-v1.ts'
import { handlerV2 } from './tools-v2.ts'

export const nodeV1: Host = {
  name: 'node:http, SDK v1',
  start: (stage) =>
    serve(
      stage,
      protectNode(stage.gate, (request: IncomingMessage, response: ServerResponse, body) =>
        answerV1(stage, [request, response, body]),
      ),
    ),
}

export const nodeV2: Host = {
  name: '@modelcontextprotocol/node, SDK v2',
  start: (stage) => serve(stage, protectNode(stage.gate, toNodeHandler(handlerV2(stage)))),
}

type Listener = (request: IncomingMessage, response: ServerResponse) => Promise<void>

function serve({ gate }: Stage, atMcp: Listener): Promise<Running> {
  const atBroken = protectNode(gate, broken)
  const server = createServer(ROOMY, (request, response) => {
    // Whoever writes routes by hand compares a path, not the beginning of a text.
    const { pathname } = new URL(request.url ?? '/', 'http://localhost')
    if (pathname === '/mcp' || pathname.startsWith('/.well-known/')) return void atMcp(request, response)
    if (pathname !== '/broken') return void response.writeHead(404).end()
    atBroken(request, response).catch(() => response.writeHead(500).end())
  })
  return listen(server)
}
