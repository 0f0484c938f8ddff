import assert from 'node:assert/strict'
import { once } from 'node:events'
import { request } from 'node:http'
import { DatabaseSync } from 'node:sqlite'
import { after, before, describe, it } from 'node:test'
import { authorize, Browser, PEER, type RunningIssuer, startIssuer } from '../given.ts'
import { givenPublic, type Party } from '../party.ts'

describe('how often authorization may be asked for', () => {
  const db = new DatabaseSync(':memory:')
  let now = Math.floor(Date.now() / 1000)
  let running: RunningIssuer
  let client: Party
  before(async () => {
    running = await startIssuer({ db, now: () => now, authorizations: { minute: 3, hour: 5 } })
    client = await givenPublic(running)
  })
  after(() => running.close())

  const ask = (peer: string, headers: Record<string, string> = {}, path = client.authorizationUrl()) =>
    fetch(path, { redirect: 'manual', headers: { [PEER]: peer, ...headers } })
  const statuses = async (peers: readonly string[], headers = {}) => {
    const given: number[] = []
    for (const peer of peers) given.push((await ask(peer, headers)).status)
    return given
  }
  const kept = () => Number(db.prepare(`select count(*) as n from artifacts where model = 'Interaction'`).get()?.n)

  it('is bounded per network, by the minute and by the hour; what is refused is a page and keeps nothing', async () => {
    assert.deepEqual(await statuses(['192.0.2.1', '192.0.2.2', '192.0.2.3']), [303, 303, 303])
    const before = kept()
    const refused = await ask('192.0.2.200')
    assert.deepEqual([refused.status, refused.headers.get('retry-after')], [429, '60'])
    assert.match(await refused.text(), /<h1>Too many requests<\/h1>/)
    assert.equal((await ask('192.0.2.1', {}, client.at('authorize/x?asked=login'))).status, 429)
    assert.equal(kept(), before)
    assert.equal((await ask('198.51.100.1')).status, 303)

    now += 60
    assert.deepEqual(await statuses(['192.0.2.1', '192.0.2.1', '192.0.2.1']), [303, 303, 429])
    now += 60
    assert.equal((await ask('192.0.2.1')).headers.get('retry-after'), '3480')
  })

  it('is not used up by what a page of another site loads; programs that are no browsers are counted as ever', async () => {
    const peer = '203.0.113.77'
    // Not by `fetch`, which says for itself how it asks.
    const send = async (headers: Record<string, string>, url = client.authorizationUrl()) => {
      const [response] = await once(request(url, { headers: { [PEER]: peer, ...headers } }).end(), 'response')
      response.resume()
      return response.statusCode
    }
    for (const [mode, dest] of [
      ['no-cors', 'image'],
      ['no-cors', 'empty'],
      ['cors', 'empty'],
      ['navigate', 'iframe'],
    ] as const) {
      const embedded = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': mode, 'sec-fetch-dest': dest }
      for (let n = 0; n < 6; n++) assert.equal(await send(embedded), 400, dest)
      assert.equal(await send(embedded, client.at('authorize/x?asked=login')), 400, dest)
    }
    const led = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }
    assert.equal(await send(led), 303)
    assert.deepEqual(await statuses([peer, peer, peer]), [303, 303, 429])
  })

  it('does not grow with the networks that one customer of a provider has', async () => {
    const networks = Array.from({ length: 20 }, (_, n) => `2001:db8:1:${n}::1`)
    assert.deepEqual((await statuses(networks)).filter((status) => status === 303).length, 12)
    assert.equal((await ask('2001:db8:2::1')).status, 303)
  })

  it('counts who is signed in, or was in this browser, apart from strangers at their address', async () => {
    now += 3600
    const browser = new Browser()
    await authorize(client.authorizationUrl(), { browser })
    await statuses(Array.from({ length: 5 }, () => '127.0.0.1'))
    assert.equal((await ask('127.0.0.1')).status, 429)
    const cookieOf = (kinds: RegExp) =>
      [...browser.cookies]
        .filter(([name]) => kinds.test(name))
        .map(([name, { value }]) => `${name}=${value}`)
        .join('; ')

    assert.equal((await ask('127.0.0.1', { cookie: cookieOf(/session/) })).status, 303)
    assert.equal((await ask('127.0.0.1', { cookie: cookieOf(/device/) })).status, 303)
    const forged = cookieOf(/device/).replace(/.$/, (last) => (last === 'A' ? 'B' : 'A'))
    assert.equal((await ask('127.0.0.1', { cookie: forged.replace(/=[^.]/, '=_') })).status, 429)
    assert.equal((await ask('127.0.0.1', { cookie: 'portcullis-session=x; portcullis-session.sig=y' })).status, 429)
    assert.deepEqual(
      (
        await statuses(
          Array.from({ length: 4 }, () => '127.0.0.1'),
          { cookie: cookieOf(/session/) },
        )
      ).at(-1),
      429,
    )
  })

  it('does not grow with the marks that sign-ins leave in browsers: those of one network have four times as many', async () => {
    now += 3600
    const marks: string[] = []
    for (let n = 0; n < 6; n++) {
      const browser = new Browser()
      await authorize(client.authorizationUrl(), { browser })
      for (const [name, { value }] of browser.cookies) if (name.includes('device')) marks.push(`${name}=${value}`)
      now += 3600
    }
    const given: number[] = []
    for (const cookie of marks) given.push(...(await statuses(['192.0.2.7', '192.0.2.7', '192.0.2.7'], { cookie })))

    assert.equal(marks.length, 6)
    assert.equal(given.filter((status) => status === 303).length, 12)
    assert.equal((await ask('198.51.100.9', { cookie: marks[5] as string })).status, 303)
  })

  it('is kept for a quarter of an hour, and without what nobody goes by', async () => {
    const url = client.authorizationUrl({ login_hint: 'h'.repeat(3000), ui_locales: 'de' })
    const response = await fetch(url, { redirect: 'manual', headers: { [PEER]: '203.0.113.1' } })
    assert.equal(response.status, 303)
    const row = db
      .prepare(`select length(payload) as length, expires_at from artifacts order by rowid desc limit 1`)
      .get()
    assert.ok(Number(row?.length) < 1500, `${row?.length}`)
    assert.ok(Number(row?.expires_at) <= now + 900)
  })
})
