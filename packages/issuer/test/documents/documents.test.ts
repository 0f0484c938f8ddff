import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { after, before, beforeEach, describe, it } from 'node:test'
import { redirectRules } from '../../src/client-metadata/index.ts'
import { type DocumentPolicy, Documents, trustOf } from '../../src/documents/index.ts'
import { ClientRefused } from '../../src/engine/index.ts'
import { Outbound } from '../../src/outbound/index.ts'
import {
  type Answer,
  type Authority,
  givenAuthority,
  givenHost,
  givenNames,
  type Host,
} from '../outbound/given-host.ts'

describe('clients that name themselves by a document', () => {
  let authority: Authority
  let host: Host
  let answer: Answer
  let now = 1000
  before(async () => {
    authority = givenAuthority()
    host = await givenHost(authority, (request, response) => answer(request, response))
  })
  beforeEach(() => {
    now = 1000
    answer = (request, response) => publish(response, document(request.url as string))
  })
  after(() => host.close())

  const id = (path = '/client.json', name = 'client.test') => `https://${name}:${host.port}${path}`
  const document = (path: string, more = {}) => ({
    client_id: id(path),
    client_name: 'A client',
    redirect_uris: ['http://127.0.0.1/cb'],
    ...more,
  })
  const publish = (response: Parameters<Answer>[1], body: object, headers: Record<string, string> = {}) =>
    response.writeHead(200, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))

  const usual = () => ({ redirects: redirectRules(), algorithms: ['ES256'] as const, now: () => now })
  function givenDocuments(policy: DocumentPolicy = {}) {
    const { resolve } = givenNames({ 'client.test': [['127.0.0.1']], 'other.client.test': [['127.0.0.1']] })
    const outbound = new Outbound({ allowsLoopback: true, resolve, ca: authority.ca })
    return new Documents({ ...usual(), outbound, trust: trustOf(policy) })
  }
  const refused = (reason: RegExp, isPassing: boolean) => (error: unknown) =>
    error instanceof ClientRefused && reason.test(error.message) && error.isPassing === isPassing
  const ask = (documents: Documents, clientId = id()) => documents.find(clientId)

  it('are known by what stands there', async () => {
    const metadata = await ask(givenDocuments())
    assert.equal(metadata.client_id, id())
    assert.equal(metadata.token_endpoint_auth_method, 'none')
  })

  it('prove themselves as they like where their document leaves it open', async () => {
    const both = { token_endpoint_auth_methods_supported: ['none', 'private_key_jwt'], jwks_uri: 'https://a.example/k' }
    answer = (_, response) => publish(response, document('/client.json', both))
    const documents = givenDocuments()

    const plain = await documents.find(id())
    const keyed = await documents.find(id(), { hasKey: true })

    assert.equal(plain.token_endpoint_auth_method, 'none')
    assert.equal(plain.jwks_uri, undefined)
    assert.equal(keyed.token_endpoint_auth_method, 'private_key_jwt')
    assert.equal(keyed.jwks_uri, 'https://a.example/k')
  })

  it('have to prove themselves each time where their document says so', async () => {
    const key = { token_endpoint_auth_method: 'private_key_jwt', jwks_uri: 'https://a.example/k' }
    answer = (_, response) => publish(response, document('/client.json', key))
    assert.equal((await ask(givenDocuments())).token_endpoint_auth_method, 'private_key_jwt')
  })

  for (const type of [
    'application/json',
    'application/json; charset=utf-8',
    'APPLICATION/JSON',
    'application/cimd+json',
  ]) {
    it(`may be published as ${type}`, async () => {
      answer = (_, response) => publish(response, document('/client.json'), { 'content-type': type })
      await ask(givenDocuments())
    })
  }

  const answers: Record<string, readonly [Answer, RegExp, boolean]> = {
    'a redirect': [(_, response) => response.writeHead(302, { location: id('/x') }).end(), /answered 302/, false],
    'a permanent redirect': [(_, response) => response.writeHead(308, { location: id('/x') }).end(), /308/, false],
    'that there is nothing': [(_, response) => response.writeHead(404).end('{}'), /answered 404/, false],
    'a document that is not the whole answer': [(_, response) => response.writeHead(203).end('{}'), /203/, false],
    'a fault of its own': [(_, response) => response.writeHead(503).end(), /answered 503/, true],
    'a page': [
      (_, response) => publish(response, document('/client.json'), { 'content-type': 'text/html' }),
      /type/,
      false,
    ],
    'plain text': [
      (_, response) => publish(response, document('/client.json'), { 'content-type': 'text/plain' }),
      /type/,
      false,
    ],
    'a document of no type': [(_, response) => response.end(JSON.stringify(document('/client.json'))), /type/, false],
    'a compressed document': [
      (_, response) => publish(response, document('/client.json'), { 'content-encoding': 'gzip' }),
      /compressed/,
      false,
    ],
    'somebody else’s document': [(_, response) => publish(response, document('/other.json')), /client_id/, false],
    'more than it may': [
      (_, response) => publish(response, document('/client.json', { x: 'x'.repeat(5120) })),
      /longer/,
      false,
    ],
    nothing: [(_, response) => response.destroy(), /no answer/, true],
  }
  for (const [what, [given, reason, isPassing]] of Object.entries(answers)) {
    it(`are refused when their server answers with ${what}`, async () => {
      answer = given
      await assert.rejects(ask(givenDocuments()), refused(reason, isPassing))
    })
  }

  it('are not asked for when their URL cannot name a client, or leads inside', async () => {
    const documents = givenDocuments()
    const connections = host.connections
    for (const bad of [
      id('/'),
      `${id()}#x`,
      id('/../c'),
      'https://169.254.169.254/c',
      'https://10.0.0.1/c',
      'https://db.internal/c',
    ]) {
      await assert.rejects(ask(documents, bad), ClientRefused, bad)
    }
    assert.equal(host.connections, connections)
  })

  it('are fetched once for as long as their headers allow, and then again', async () => {
    answer = (request, response) =>
      publish(response, document(request.url as string), { 'cache-control': 'max-age=60' })
    const documents = givenDocuments()
    const before = host.asked.length

    await ask(documents)
    now += 59
    await ask(documents)
    assert.equal(host.asked.length, before + 1)
    now += 1
    await ask(documents)
    assert.equal(host.asked.length, before + 2)
  })

  it('change with their document', async () => {
    const documents = givenDocuments()
    await ask(documents)
    answer = (_, response) => publish(response, document('/client.json', { client_name: 'Renamed' }))
    now += 300
    assert.equal((await ask(documents)).client_name, 'Renamed')
  })

  it('are gone when their document is: what was good once does not count for ever', async () => {
    const documents = givenDocuments()
    await ask(documents)
    answer = (_, response) => response.writeHead(404).end()
    now += 300
    await assert.rejects(ask(documents), refused(/404/, false))
  })

  it('are not kept as bad: after a rest their server is asked again', async () => {
    const documents = givenDocuments()
    const before = host.asked.length
    answer = (_, response) => response.writeHead(500).end()
    await assert.rejects(ask(documents), refused(/500/, true))
    await assert.rejects(ask(documents), refused(/Try again in 30 seconds/, true))
    assert.equal(host.asked.length, before + 1)

    answer = (request, response) => publish(response, document(request.url as string))
    now += 30
    await ask(documents)
    assert.equal(host.asked.length, before + 2)
  })

  it('share one fetch when they come at once', async () => {
    const documents = givenDocuments()
    const before = host.asked.length
    await Promise.all(Array.from({ length: 50 }, () => ask(documents)))
    assert.equal(host.asked.length, before + 1)
  })

  it('of one host are not fetched without end, and those that are known still are', async () => {
    const documents = givenDocuments()
    await ask(documents)
    now += 300
    const before = host.asked.length
    for (let n = 0; n < 60; n++) await ask(documents, id(`/made-up-${n}.json`)).catch(() => {})
    assert.equal(host.asked.length, before + 30)

    await ask(documents)
    assert.equal(host.asked.length, before + 31)
  })

  describe('while a stranger has others fetched that never answer', () => {
    /** Many names of one domain, or of many, that all lead to a host that holds connections open. */
    async function givenFlood(peerOf: (n: number) => string, nameOf: (n: number) => string, count: number) {
      const hole = createServer(() => {}).listen(0, '127.0.0.1')
      await once(hole, 'listening')
      const { port } = hole.address() as AddressInfo
      const resolve = async () => [{ address: '127.0.0.1', family: 4 }]
      const events: object[] = []
      const documents = new Documents({
        outbound: new Outbound({ allowsLoopback: true, resolve, ca: authority.ca }),
        ...{ trust: trustOf({}), redirects: redirectRules(), algorithms: ['ES256'], now: () => now },
        onRefused: (refused) => events.push(refused),
      })
      await documents.find(id('/known.json'), { isKnown: true, peer: '192.0.2.1' })
      const flood = Promise.allSettled(
        Array.from({ length: count }, (_, n) => documents.find(`https://${nameOf(n)}:${port}/c`, { peer: peerOf(n) })),
      )
      const end = async () => {
        hole.close()
        return (await flood).filter((each) => each.status === 'rejected').map(({ reason }) => String(reason.message))
      }
      return { documents, end, events }
    }
    const tooOften = (messages: readonly string[]) => messages.filter((message) => /too often/.test(message)).length

    it('from one network, whatever domains it thinks up, everybody else’s are fetched', async () => {
      const peer = (n: number) => `2001:db8:1:${n}::1`
      const { documents, end } = await givenFlood(peer, (n) => `a.domain-${n}.example`, 100)
      await documents.find(id(), { peer: '192.0.2.1' })
      assert.equal(tooOften(await end()), 96)
    })

    it('of one domain, however many networks and hosts, those of others are fetched', async () => {
      const { documents, end } = await givenFlood(
        (n) => `10.${n}.0.1`,
        (n) => `host-${n}.evil.example`,
        100,
      )
      await documents.find(id(), { peer: '192.0.2.1' })
      assert.equal(tooOften(await end()), 92)
    })

    it('from many networks, there is room for known ones, and for a network that has none under way', async () => {
      const { documents, end } = await givenFlood(
        (n) => `10.${n % 16}.0.1`,
        (n) => `x.domain-${n}.example`,
        64,
      )
      await documents.find(id(), { peer: '192.0.2.1' })
      await documents.find(id('/other.json'), { isKnown: true, peer: '10.0.0.1' })
      assert.ok(tooOften(await end()) >= 64 - 48)
    })

    it('from more networks than there is room for, known ones are still fetched', async () => {
      const { documents, end } = await givenFlood(
        (n) => `10.${n}.0.1`,
        (n) => `x.domain-${n}.example`,
        100,
      )
      await assert.rejects(documents.find(id(), { peer: '192.0.2.1' }), refused(/too often/, true))
      await documents.find(id('/other.json'), { isKnown: true, peer: '192.0.2.1' })
      assert.equal(tooOften(await end()), 100 - 64)
    })
  })

  it('that a network asks for are bounded by the minute', async () => {
    const documents = givenDocuments()
    const peer = '192.0.2.1'
    const messages: string[] = []
    for (let n = 0; n < 70; n++) {
      await documents.find(`https://h${n}.example/c`, { peer }).catch(({ message }) => messages.push(message))
    }
    assert.equal(messages.filter((message) => /too often/.test(message)).length, 10)
    now += 60
    await documents.find(id(), { peer })
  })

  it('are remembered when they are known, however many strangers come after', async () => {
    const documents = givenDocuments()
    await documents.find(id('/known.json'), { isKnown: true })
    for (let n = 0; n < 600; n++) {
      if (n % 25 === 0) now += 61
      answer = (request, response) =>
        publish(response, document(request.url as string), { 'cache-control': 'max-age=86400' })
      await documents.find(id(`/stranger-${n}.json`), { peer: `10.0.${n % 200}.1` })
    }
    const before = host.asked.length
    await documents.find(id('/stranger-599.json'))
    assert.equal(host.asked.length, before, 'the last ones are there')
    answer = (_, response) => response.destroy()
    assert.equal((await documents.find(id('/known.json'), { isKnown: true })).client_name, 'A client')
    await assert.rejects(documents.find(id('/stranger-0.json')), ClientRefused)
  })

  describe('that are known count a while longer', () => {
    const known = (documents: Documents) => documents.find(id(), { isKnown: true })
    const passing: Record<string, Answer> = {
      'is out of order': (_, response) => response.writeHead(503).end(),
      'is too busy': (_, response) => response.writeHead(429).end(),
      'does not answer': (_, response) => response.destroy(),
    }
    for (const [why, given] of Object.entries(passing)) {
      it(`when their server ${why}, for a day beyond their time`, async () => {
        const documents = givenDocuments()
        await known(documents)
        answer = given
        now += 300
        assert.equal((await known(documents)).client_name, 'A client')
        assert.equal((await known(documents)).client_name, 'A client', 'in the rest after a failure, too')
        now += 24 * 3600 - 1
        await known(documents)
        now += 1
        await assert.rejects(known(documents), ClientRefused)
      })
    }

    const lasting: Record<string, Answer> = {
      'is gone': (_, response) => response.writeHead(410).end(),
      'is not there': (_, response) => response.writeHead(404).end(),
      'is another one': (_, response) => publish(response, document('/other.json')),
      'holds a secret': (_, response) => publish(response, document('/client.json', { client_secret: 'x' })),
    }
    for (const [why, given] of Object.entries(lasting)) {
      it(`but not when the document ${why}, and not afterwards either`, async () => {
        const documents = givenDocuments()
        await known(documents)
        answer = given
        now += 300
        await assert.rejects(known(documents), refused(/./, false))
        answer = (_, response) => response.writeHead(503).end()
        await assert.rejects(known(documents), refused(/too often/, true))
        now += 30
        await assert.rejects(known(documents), refused(/503/, true))
      })
    }

    it('and those of strangers do not', async () => {
      const documents = givenDocuments()
      await ask(documents)
      answer = (_, response) => response.writeHead(503).end()
      now += 300
      await assert.rejects(ask(documents), refused(/503/, true))
    })
  })

  it('get their key set from their own host whatever strangers ask of it, and from others within bounds', async () => {
    const documents = givenDocuments()
    const keyed = (jwks_uri: string) => ({ token_endpoint_auth_method: 'private_key_jwt', jwks_uri })
    answer = (request, response) => {
      if (request.url === '/client.json') return publish(response, document('/client.json', keyed(id('/keys'))))
      if (request.url === '/far.json') {
        return publish(response, document('/far.json', keyed(id('/keys', 'other.client.test'))))
      }
      return publish(response, { keys: [] })
    }
    await ask(documents)
    await ask(documents, id('/far.json'))
    for (const name of ['client.test', 'other.client.test']) {
      for (let n = 0; n < 40; n++) await documents.fetchForEngine(id(`/made-up-${n}`, name)).catch(() => {})
    }

    assert.equal((await documents.fetchForEngine(id('/keys'))).status, 200)
    await assert.rejects(documents.fetchForEngine(id('/keys', 'other.client.test')), /too often/)
  })

  it('are let in by host', async () => {
    for (const policy of [{ allow: ['other.client.test'] }, { block: ['*.test'] }]) {
      await assert.rejects(ask(givenDocuments(policy)), refused(/client.test are not admitted/, false))
    }
  })

  it('are let in by the operator one by one, but not where a host is blocked', async () => {
    await givenDocuments({ allow: [] }).find(id(), { isApproved: true })
    const blocking = givenDocuments({ block: ['client.test'] })
    await assert.rejects(blocking.find(id(), { isApproved: true }), refused(/not admitted/, false))
  })

  it('have key sets that are fetched by the same rules', async () => {
    const documents = givenDocuments()
    answer = (_, response) => response.writeHead(200, { 'content-type': 'application/json' }).end('{"keys":[]}')
    const response = await documents.fetchForEngine(id('/keys'))
    assert.equal(response.status, 200)
    assert.deepEqual(await response.json(), { keys: [] })

    for (const host of ['https://169.254.169.254', 'https://127.0.0.2.nip.example', 'http://client.test']) {
      await assert.rejects(documents.fetchForEngine(`${host}/keys`))
    }
    answer = (_, answered) => answered.writeHead(302, { location: id('/x') }).end()
    assert.equal((await documents.fetchForEngine(id('/moved'))).status, 302)
    await assert.rejects(documents.fetchForEngine(id('/moved')), /too often/)
  })
})
