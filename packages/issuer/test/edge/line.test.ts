import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { after, before, describe, it } from 'node:test'
import { lineOption } from '../../src/issuer.ts'
import { authorize, Browser, PEER, type RunningIssuer, startIssuer } from '../given.ts'
import { givenPublic, type Party, REDIRECT, toForm } from '../party.ts'

/** Room for one to wait, and none of them goes in with another. */
const ONE = { all: 1, ofOne: 1 }
const NARROW = { waiting: { stranger: ONE, known: ONE, program: ONE }, turnMs: 0 }

interface Asked {
  readonly method: string
  readonly path: string
  readonly body?: string
  readonly type?: string
  readonly peer?: string
  readonly cookie?: string
}

/** Sends requests in one piece, so that all of them come in one turn of the event loop. @returns the answers in order. */
async function sendTogether(url: string, asked: readonly Asked[]): Promise<readonly string[]> {
  const { port, host } = new URL(url)
  const requests = asked.map(({ method, path, body = '', type = 'text/plain', peer = '192.0.2.1', cookie }, index) =>
    [
      `${method} ${path} HTTP/1.1`,
      ...[`host: ${host}`, `content-type: ${type}`, `content-length: ${body.length}`, `${PEER}: ${peer}`],
      ...(cookie === undefined ? [] : [`cookie: ${cookie}`]),
      ...(index === asked.length - 1 ? ['connection: close'] : []),
      `\r\n${body}`,
    ].join('\r\n'),
  )
  const socket = connect(Number(port), '127.0.0.1')
  socket.write(requests.join(''))
  return (await text(socket)).split(/(?=HTTP\/1\.1 \d{3})/)
}

const statusOf = (answer: string) => Number(answer.slice(9, 12))
const FORM = 'application/x-www-form-urlencoded'

describe('more requests than the issuer can serve', () => {
  let running: RunningIssuer
  let client: Party
  before(async () => {
    running = await startIssuer({ [lineOption]: NARROW })
    client = await givenPublic(running)
  })
  after(() => running.close())

  const pathOf = (url: string) => url.slice(new URL(url).origin.length)
  const strangers = (count: number): readonly Asked[] =>
    Array.from({ length: count }, (_, n) => ({
      method: 'GET',
      path: pathOf(client.authorizationUrl()),
      peer: `198.51.${n}.1`,
    }))
  const refreshes = (count: number): readonly Asked[] => {
    const body = toForm({ client_id: client.id, grant_type: 'refresh_token', refresh_token: 'x' }).toString()
    return Array.from({ length: count }, (_, n) => ({
      method: 'POST',
      path: '/oauth/token',
      body,
      type: FORM,
      peer: `203.0.${n}.1`,
    }))
  }

  it('are told to people on a page that says when to come again; who found a place is served', async () => {
    const answers = await sendTogether(running.url, strangers(4))

    assert.deepEqual(answers.map(statusOf), [303, 303, 503, 503])
    const last = answers.at(-1) ?? ''
    assert.match(last, /retry-after: 2\r\n/)
    assert.match(last, /content-type: text\/html/)
    assert.match(last, /<h1>Too many requests<\/h1>/)
    assert.match(last, /Nothing was allowed/)
  })

  it('are told so wherever people look, and send something; what is nowhere stays that', async () => {
    const look = (method: string, path: string, body = '') =>
      Array.from({ length: 4 }, (_, n) => ({ method, path, body, type: FORM, peer: `198.51.${n}.1` }))
    for (const [asked, status] of [
      [look('GET', '/account'), 200],
      [look('POST', '/account', 'name=ada'), 422],
      [look('GET', '/account/invitation'), 200],
      [look('GET', '/account/nothing'), 404],
      [look('GET', '/oauth/interaction/x'), 400],
    ] as const) {
      const answers = await sendTogether(running.url, asked)
      assert.deepEqual(answers.map(statusOf), [status, status, 503, 503], asked[0]?.path)
      assert.match(answers.at(-1) ?? '', /<h1>Too many requests<\/h1>/)
    }
  })

  it('of strangers keep nobody from their account who is known in this browser', async () => {
    const browser = new Browser()
    await authorize(client.authorizationUrl(), { browser })
    for (const kind of [/session/, /device/]) {
      const cookie = [...browser.cookies]
        .filter(([name]) => kind.test(name))
        .map(([name, { value }]) => `${name}=${value}`)
        .join('; ')
      const looks = Array.from({ length: 4 }, (_, n) => ({ method: 'GET', path: '/account', peer: `198.51.${n}.1` }))
      const answers = await sendTogether(running.url, [...looks, { method: 'GET', path: '/account', cookie }])
      assert.equal(statusOf(answers.at(-1) ?? ''), 200, String(kind))
    }
  })

  it('are told to programs in JSON, at the token endpoint, at the others, and at registration', async () => {
    const registration = JSON.stringify({ redirect_uris: [REDIRECT] })
    const register = { method: 'POST', path: '/oauth/register', body: registration, type: 'application/json' }
    const token = refreshes(3)
    for (const [asked, statuses] of [
      [token, [400, 400, 503]],
      [token.map((each) => ({ ...each, path: '/oauth/revoke' })), [400, 400, 503]],
      [token.map((each) => ({ ...each, path: '/oauth/introspect' })), [401, 401, 503]],
      [token.map((each) => ({ ...each, ...register })), [201, 201, 503]],
    ] as const) {
      const answers = await sendTogether(running.url, asked)
      assert.deepEqual(answers.map(statusOf), statuses, answers.join('\n'))
      const last = answers.at(-1) ?? ''
      assert.match(last, /retry-after: 2\r\n/)
      assert.match(last, /\{"error":"temporarily_unavailable","error_description":"Too many requests wait/)
    }
  })

  it('are not those that nothing could come of: any method but POST is told so at once', async () => {
    for (const path of ['/oauth/token', '/oauth/revoke', '/oauth/introspect']) {
      for (const method of ['GET', 'PUT', 'DELETE']) {
        const asked = Array.from({ length: 4 }, (_, n) => ({ method, path, peer: `198.51.${n}.1` }))
        const answers = await sendTogether(running.url, [...asked, ...refreshes(2)])
        assert.deepEqual(answers.map(statusOf), [405, 405, 405, 405, 400, 400], path)
        assert.match(answers[0] ?? '', /allow: POST\r\n/)
      }
    }
  })

  it('of strangers keep out neither programs nor who is known in this browser', async () => {
    const browser = new Browser()
    await authorize(client.authorizationUrl(), { browser })
    const cookie = [...browser.cookies].map(([name, { value }]) => `${name}=${value}`).join('; ')
    const known = { method: 'GET', path: pathOf(client.authorizationUrl()), cookie }
    const answers = await sendTogether(running.url, [...strangers(4), known, ...refreshes(1)])

    assert.deepEqual(answers.slice(4).map(statusOf), [303, 400])
  })

  it('are served again when those before them have been', async () => {
    await sendTogether(running.url, strangers(6))
    const [only = ''] = await sendTogether(running.url, strangers(1))

    assert.equal(statusOf(only), 303)
  })
})

describe('more requests of one browser than it has places', () => {
  let running: RunningIssuer
  let client: Party
  before(async () => {
    const waiting = { stranger: ONE, known: { all: 2, ofOne: 1 }, program: ONE }
    running = await startIssuer({ [lineOption]: { waiting, turnMs: 0 } })
    client = await givenPublic(running)
  })
  after(() => running.close())

  it('take one of those for strangers, and leave those of other browsers', async () => {
    const marks: string[] = []
    for (let n = 0; n < 2; n++) {
      const browser = new Browser()
      await authorize(client.authorizationUrl(), { browser })
      for (const [name, { value }] of browser.cookies) if (name.includes('device')) marks.push(`${name}=${value}`)
    }
    const [greedy = '', other = ''] = marks
    const look = (cookie: string, n: number) => ({ method: 'GET', path: '/account', peer: `198.51.${n}.1`, cookie })
    const answers = await sendTogether(running.url, [...[0, 1, 2, 3].map((n) => look(greedy, n)), look(other, 9)])

    // The first begins at once; of the next two one waits as itself and one as a stranger.
    assert.deepEqual(answers.map(statusOf), [200, 200, 200, 503, 200])
  })
})
