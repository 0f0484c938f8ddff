import assert from 'node:assert/strict'
import { createServer, type Server } from 'node:http'
import { describe, it } from 'node:test'
import { createAdaptorServer } from '@hono/node-server'
import express from 'express'
import createFastify from 'fastify'
import { metadata, protect } from '../../src/adapters/express.ts'
import * as onFastify from '../../src/adapters/fastify.ts'
import { protectFetch } from '../../src/adapters/fetch.ts'
import { protectNode } from '../../src/adapters/node.ts'
import { apiKeys, oauth, unlisted } from '../../src/index.ts'
import type { CredentialStore } from '../../src/store/index.ts'
import { type Host, listen } from './hosts/stage.ts'
import { assertRefused, bearer, call, given, METADATA, NONE, RESOURCE } from './suite/given.ts'

const DONE = { jsonrpc: '2.0', id: 1, result: {} }

/** Hosts that route the endpoint, and all that stands behind it, to one guard. */
const below: readonly Host[] = [
  {
    name: 'Express, in a router',
    start({ gate, heard }) {
      const app = express()
      const router = express.Router()
      router.all(['/mcp', '/mcp/:secret'], protect(gate), (_request, response) => {
        heard.push('asked')
        response.json(DONE)
      })
      app.use('/behind', router)
      return listen(createServer(app))
    },
  },
  {
    name: 'Fastify',
    async start({ gate, heard }) {
      const app = createFastify()
      for (const path of ['/behind/mcp', '/behind/mcp/:secret']) {
        app.all(path, onFastify.protect(gate), () => {
          heard.push('asked')
          return DONE
        })
      }
      await app.ready()
      const { port, close } = await listen(app.server)
      return { port, close: () => close().then(() => app.close()) }
    },
  },
  {
    name: 'node:http',
    start({ gate, heard }) {
      const answer = (_request: unknown, response: { end(body: string): unknown }) => {
        heard.push('asked')
        response.end(JSON.stringify(DONE))
      }
      return listen(createServer(protectNode(gate, answer)))
    },
  },
  {
    name: 'fetch',
    start({ gate, heard }) {
      const fetch = protectFetch(gate, () => {
        heard.push('asked')
        return Response.json(DONE)
      })
      return listen(createAdaptorServer({ fetch }) as Server)
    },
  },
]

describe('a secret URL', () => {
  const path = new URL(RESOURCE).pathname
  const secretUrls = (store: CredentialStore) => ({ access: [unlisted(store)] })

  for (const host of below) {
    it(`opens the server, alone and as a whole (${host.name})`, async (test) => {
      const here = await given(host, test, secretUrls)
      const { secret, record } = await here.key({ kind: 'secret-url' })
      const other = await here.key()

      assert.equal((await here.ask({ path: `${path}/${secret}`, message: call('read_note') })).status, 200)
      here.heard.length = 0
      const wrong = [
        path,
        `${path}/`,
        `${path}/x`,
        `${path}/${secret.slice(0, -1)}`,
        `${path}/${secret}/`,
        `${path}/${other.secret}`,
      ]
      for (const each of wrong) {
        const answer = await here.ask({ path: each, message: call('read_note') })
        assert.deepEqual([answer.status, here.heard], [404, []], each)
        // What no route takes, the framework answers, in some with the path that it was asked for.
        if (answer.json?.error === 'not_found') assert.doesNotMatch(answer.text, /pcl/)
      }
      const beside = await here.ask({ path: `${path}/${secret}`, headers: bearer(other), message: call('read_note') })
      assert.deepEqual([beside.status, here.heard], [400, []])
      await here.store.revoke(record.id, here.clock.now)
      assertRefused(here, await here.ask({ path: `${path}/${secret}`, message: call('read_note') }), [404, 'not_found'])
    })
  }
})

describe('a server that its proxy reaches by another path', () => {
  it('is called by the name that the option gives it, on each host', async (test) => {
    for (const host of below) {
      const here = await given(host, test, () => ({ access: [oauth({ issuer: 'https://login.example.com' })] }))
      const headers = { host: 'evil.example', 'x-forwarded-host': 'evil.example', 'x-forwarded-prefix': '/evil' }

      const answer = await here.ask({ path: '/behind/mcp', headers, message: call('read_note') })

      const challenge = answer.headers['www-authenticate'] ?? ''
      assert.deepEqual([answer.status, challenge.includes(`resource_metadata="${METADATA}"`)], [401, true], host.name)
      assert.doesNotMatch(challenge + answer.text, /evil/)
    }
  })
})

describe('several guards in one app', () => {
  it('keep their keys, their paths and their metadata apart', async (test) => {
    const heard: string[] = []
    const issuer = 'https://login.example.com'
    const host: Host = { name: 'two', start: () => listen(createServer(app)) }
    const app = express()
    const withBoth = (resource: string) => (store: CredentialStore) => ({
      resource,
      name: new URL(resource).pathname.split('/')[1] as string,
      access: [apiKeys(store), oauth({ issuer })],
    })
    const notes = await given(host, test, withBoth('https://mcp.example.com/notes/mcp'))
    const files = await given(host, test, withBoth('https://mcp.example.com/files/mcp'))
    app.use(metadata(notes.gate, files.gate))
    for (const { gate } of [notes, files]) {
      app.all(`/${gate.name}/mcp`, protect(gate), (_request, response) => {
        heard.push(gate.name)
        response.json(DONE)
      })
    }
    const key = await notes.key({ server: 'notes' })

    const asked = ['/notes/mcp', '/files/mcp'].map((path) =>
      notes.ask({ path, headers: bearer(key), message: call('a') }),
    )
    const [own, foreign] = await Promise.all(asked)
    const documents = await Promise.all(
      ['/notes/mcp', '/files/mcp', ''].map((path) =>
        notes.ask({ method: 'GET', path: `/.well-known/oauth-protected-resource${path}` }),
      ),
    )

    assert.deepEqual([own?.status, foreign?.status, heard], [200, 403, ['notes']])
    assert.deepEqual(
      documents.map(({ json }) => json?.resource),
      ['https://mcp.example.com/notes/mcp', 'https://mcp.example.com/files/mcp', undefined],
    )
    assert.notEqual(foreign?.headers['www-authenticate'], NONE)
  })
})
