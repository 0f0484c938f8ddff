import type { Server } from 'node:http'
import { createAdaptorServer } from '@hono/node-server'
import { protectFetch } from '../../../src/adapters/fetch.ts'
import { broken, type Host, listen, ROOMY } from './stage.ts'
import { handlerV2 } from './tools-v2.ts'

/** A runtime's `fetch` handler, as Node can serve one. */
export const plainFetch: Host = {
  name: 'fetch, SDK v2',
  peer: 'unknown',
  start(stage) {
    const atMcp = protectFetch(stage.gate, handlerV2(stage).fetch)
    const atBroken = protectFetch(stage.gate, broken)
    const fetch = async (request: Request): Promise<Response> => {
      const { pathname } = new URL(request.url)
      if (pathname === '/broken') return atBroken(request).catch(() => new Response('', { status: 500 }))
      return pathname === '/mcp' || pathname.startsWith('/.well-known/')
        ? atMcp(request)
        : new Response('', { status: 404 })
    }
    return listen(createAdaptorServer({ fetch, serverOptions: ROOMY }) as Server)
  },
}
