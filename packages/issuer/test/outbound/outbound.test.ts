import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer as createTcpServer } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { type FetchFault, FetchRefused, Outbound } from '../../src/outbound/index.ts'
import { type Answer, type Authority, givenAuthority, givenHost, givenNames, type Host } from './given-host.ts'

const BOUNDS = { bytes: 5120, seconds: 2.5 }

describe('fetching what a client publishes', () => {
  let authority: Authority
  let answer: Answer
  let host: Host
  before(async () => {
    authority = givenAuthority()
    host = await givenHost(authority, (request, response) => answer(request, response))
  })
  after(() => host.close())

  const text =
    (body: string): Answer =>
    (_, response) =>
      response.end(body)
  const via = (names: Parameters<typeof givenNames>[0], allowsLoopback = true) => {
    const { resolve, looks } = givenNames(names)
    return { outbound: new Outbound({ allowsLoopback, resolve, ca: authority.ca }), looks }
  }
  const own = { 'client.test': [['127.0.0.1']] }
  const url = (path = '/client.json', name = 'client.test') => `https://${name}:${host.port}${path}`
  const refusedAs = (fault: FetchFault) => (error: unknown) => error instanceof FetchRefused && error.fault === fault

  it('gives status, headers and body, and says nothing of who asks', async () => {
    answer = (_, response) => response.setHeader('content-type', 'application/json').end('{"a":1}')

    const fetched = await via(own).outbound.get(url('/a/b.json?c=d'), 'application/json', BOUNDS)

    assert.equal(fetched.status, 200)
    assert.equal(fetched.headers['content-type'], 'application/json')
    assert.equal(fetched.body.toString(), '{"a":1}')
    assert.equal(host.asked.at(-1), '/a/b.json?c=d')
    const sent = Object.keys(host.headers).sort()
    assert.deepEqual(sent, ['accept', 'accept-encoding', 'connection', 'host'])
  })

  it('does not follow a redirect', async () => {
    answer = (_, response) => response.writeHead(302, { location: url('/elsewhere') }).end()
    const before = host.asked.length

    const fetched = await via(own).outbound.get(url(), 'application/json', BOUNDS)

    assert.equal(fetched.status, 302)
    assert.equal(host.asked.length, before + 1)
  })

  it('resolves a name once, and connects to what was checked: a name that changes in between changes nothing', async () => {
    answer = text('checked')
    const { outbound, looks } = via({ 'client.test': [['127.0.0.1'], ['169.254.169.254']] })

    const fetched = await outbound.get(url(), 'application/json', BOUNDS)

    assert.equal(fetched.body.toString(), 'checked')
    assert.equal(looks.get('client.test'), 1)
  })

  const inside = ['127.0.0.1', '::1', '10.0.0.1', '169.254.169.254', '::ffff:127.0.0.1', '64:ff9b::7f00:1', 'fd00::1']
  for (const address of inside) {
    it(`does not connect where a name leads to ${address}`, async () => {
      const before = host.connections
      const { outbound } = via({ 'mcp.example': [[address]] }, false)

      await assert.rejects(outbound.get(url('/', 'mcp.example'), '*/*', BOUNDS), refusedAs('address'))

      assert.equal(host.connections, before)
    })
  }

  it('does not connect where one of several addresses is not public', async () => {
    const { outbound } = via({ 'mcp.example': [['93.184.215.14', '127.0.0.1']] }, false)
    await assert.rejects(outbound.get(url('/', 'mcp.example'), '*/*', BOUNDS), refusedAs('address'))
  })

  it('lets an issuer on loopback ask its own machine, and no other inside', async () => {
    answer = text('own')
    assert.equal((await via(own).outbound.get(url(), '*/*', BOUNDS)).body.toString(), 'own')
    const { outbound } = via({ 'client.test': [['10.0.0.1']] })
    await assert.rejects(outbound.get(url(), '*/*', BOUNDS), refusedAs('address'))
  })

  const hosts = {
    'an address': ['https://93.184.215.14/c', 'https://[2606:4700::1111]/c', 'https://127.0.0.1/c', 'https://[::1]/c'],
    'an address in disguise': ['https://2130706433/c', 'https://0x7f.1/c', 'https://127.1/c', 'https://0177.0.0.1/c'],
    'a name with a dot at its end': ['https://client.example./c', 'https://localhost./c'],
    'a local name': ['https://localhost/c', 'https://a.localhost/c', 'https://intranet/c', 'https://db.internal/c'],
    'a port of another service': ['https://client.example:22/c', 'https://client.example:25/c'],
    'no https': ['http://client.example/c', 'ftp://client.example/c', 'file:///etc/passwd'],
  }
  for (const [what, urls] of Object.entries(hosts)) {
    it(`asks no name server about ${what}`, async () => {
      let looks = 0
      const resolve = async () => {
        looks += 1
        return [{ address: '93.184.215.14', family: 4 }]
      }
      const outbound = new Outbound({ allowsLoopback: false, resolve })
      for (const each of urls) await assert.rejects(outbound.get(each, '*/*', BOUNDS), refusedAs('host'), each)
      assert.equal(looks, 0)
    })
  }

  it('stops reading a document that has no end', async () => {
    let sent = 0
    answer = (_, response) => {
      const more = (): void => {
        while (!response.destroyed && sent < 1e9) {
          sent += 65_536
          if (!response.write(Buffer.alloc(65_536))) break
        }
      }
      response.on('drain', more)
      more()
    }

    await assert.rejects(via(own).outbound.get(url(), '*/*', BOUNDS), refusedAs('large'))

    assert.ok(sent < 50e6, `${sent} bytes were sent`)
  })

  it('takes a document of exactly the bound, and not one byte more', async () => {
    answer = text('x'.repeat(5120))
    assert.equal((await via(own).outbound.get(url(), '*/*', BOUNDS)).body.length, 5120)
    answer = text('x'.repeat(5121))
    await assert.rejects(via(own).outbound.get(url(), '*/*', BOUNDS), refusedAs('large'))
  })

  const slow: Record<string, Answer> = {
    'that does not begin': () => {},
    'that drips': (_, response) => {
      const timer = setInterval(() => response.write(' '), 20)
      response.on('close', () => clearInterval(timer))
    },
  }
  for (const [which, slowly] of Object.entries(slow)) {
    it(`leaves an answer ${which} when the time is over`, async () => {
      answer = slowly
      const begun = Date.now()

      await assert.rejects(via(own).outbound.get(url(), '*/*', { ...BOUNDS, seconds: 0.3 }), refusedAs('slow'))

      assert.ok(Date.now() - begun < 2000)
    })
  }

  it('leaves a name server that does not answer, and a server that does not speak TLS', async () => {
    const silent = createTcpServer(() => {}).listen(0, '127.0.0.1')
    await once(silent, 'listening')
    const { port } = silent.address() as { port: number }
    const resolve = () => new Promise<never>(() => {})
    const mute = new Outbound({ allowsLoopback: true, resolve })

    await assert.rejects(mute.get(url(), '*/*', { ...BOUNDS, seconds: 0.2 }), refusedAs('slow'))
    const deaf = via(own).outbound.get(`https://client.test:${port}/`, '*/*', { ...BOUNDS, seconds: 0.3 })
    const begun = performance.now()
    await assert.rejects(deaf, refusedAs('slow'))
    assert.ok(performance.now() - begun < 1000, 'also while TLS waits for the other side')

    silent.close()
  })

  it('does not talk to a server whose certificate is another name’s or of nobody it knows', async () => {
    answer = text('never')
    const asked = host.asked.length
    const named = via({ 'wrong.test': [['127.0.0.1']] }).outbound.get(url('/', 'wrong.test'), '*/*', BOUNDS)
    await assert.rejects(named, refusedAs('unreachable'))
    const stranger = new Outbound({ allowsLoopback: true, resolve: givenNames(own).resolve })
    await assert.rejects(stranger.get(url(), '*/*', BOUNDS), refusedAs('unreachable'))
    assert.equal(host.asked.length, asked)
  })

  it('says of a name that is not there that it is not reachable', async () => {
    await assert.rejects(via({}).outbound.get(url(), '*/*', BOUNDS), refusedAs('unreachable'))
    await assert.rejects(via({ 'client.test': [[]] }).outbound.get(url(), '*/*', BOUNDS), refusedAs('unreachable'))
  })
})
