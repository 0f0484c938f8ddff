import assert from 'node:assert/strict'
import { createServer, type Server } from 'node:http'
import { describe, it } from 'node:test'
import { createAdaptorServer } from '@hono/node-server'
import express from 'express'
import createFastify from 'fastify'
import { Hono } from 'hono'
import { protect } from '../../src/adapters/express.ts'
import * as onFastify from '../../src/adapters/fastify.ts'
import { protectFetch } from '../../src/adapters/fetch.ts'
import * as onHono from '../../src/adapters/hono.ts'
import { type Host, listen } from './hosts/stage.ts'
import { assertRefused, bearer, call, given } from './suite/given.ts'

/** What a handler was given to read. */
const read: unknown[] = []

const express5 = (name: string, ...before: readonly express.RequestHandler[]): Host => ({
  name,
  start({ gate }) {
    const app = express()
    app.all('/mcp', ...before, protect(gate), (request, response) => {
      read.push(request.body)
      response.json({ jsonrpc: '2.0', id: 1, result: {} })
    })
    return listen(createServer(app))
  },
})

const hosts: readonly Host[] = [
  express5('Express without a parser'),
  express5('Express behind a JSON parser', express.json()),
  express5('Express behind a parser of texts', express.text({ type: '*/*' })),
  express5('Express behind a parser of bytes', express.raw({ type: '*/*' })),
  express5('Express behind parsers of other types', express.json({ type: 'text/json' }), express.urlencoded()),
  {
    name: 'Fastify with a parser of texts',
    async start({ gate }) {
      const app = createFastify()
      app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) => done(null, body))
      app.all('/mcp', onFastify.protect(gate), ({ body }) => {
        read.push(body)
        return { jsonrpc: '2.0', id: 1, result: {} }
      })
      await app.ready()
      const running = await listen(app.server)
      return { port: running.port, close: () => running.close().then(() => app.close()) }
    },
  },
  {
    name: 'Hono behind middleware that has read the body',
    start({ gate }) {
      const app = new Hono<{ Variables: onHono.McpVariables }>()
      const readFirst = async (context: { req: { text(): Promise<string> } }, next: () => Promise<void>) => {
        await context.req.text()
        await next()
      }
      app.all('/mcp', readFirst, onHono.protect(gate), (context) => {
        read.push(context.var.parsedBody)
        return context.json({ jsonrpc: '2.0', id: 1, result: {} })
      })
      return listen(createAdaptorServer({ fetch: app.fetch }) as Server)
    },
  },
  {
    name: 'Hono before a handler that reads for itself',
    start({ gate }) {
      const app = new Hono()
      app.all('/mcp', onHono.protect(gate), async (context) => {
        read.push(await context.req.json())
        return context.json({ jsonrpc: '2.0', id: 1, result: {} })
      })
      return listen(createAdaptorServer({ fetch: app.fetch }) as Server)
    },
  },
  {
    name: 'fetch before a handler that reads for itself',
    start({ gate }) {
      const fetch = protectFetch(gate, async (request) => {
        read.push(await request.json())
        return Response.json({ jsonrpc: '2.0', id: 1, result: {} })
      })
      return listen(createAdaptorServer({ fetch }) as Server)
    },
  },
]

describe('a body, whoever reads it first', () => {
  for (const host of hosts) {
    it(`is decided about and handed on: ${host.name}`, async (test) => {
      const here = await given(host, test)
      const headers = bearer(await here.key({ scopes: ['notes:read'] }))
      read.length = 0

      const answer = await here.ask({ headers, message: call('read_note', { note: 'ä' }) })

      assert.equal(answer.status, 200)
      assert.deepEqual(read, [call('read_note', { note: 'ä' })])
    })

    it(`goes nowhere when it is not permitted: ${host.name}`, async (test) => {
      const here = await given(host, test)
      const headers = bearer(await here.key({ scopes: ['notes:read'] }))
      read.length = 0

      assertRefused(here, await here.ask({ headers, message: call('write_note') }), [200, -32602])
      assertRefused(here, await here.ask({ message: call('read_note') }), [
        401,
        'key_missing',
        'Bearer realm="portcullis"',
      ])
      assert.deepEqual(read, [])
    })
  }
})
