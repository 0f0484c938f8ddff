import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { withoutOwnPrograms } from '../../src/programs/index.ts'
import { ChildBudget } from '../../src/upstream/stdio/index.ts'
import { ask, deed, givenSession, INITIALIZE, modern, post, request } from './caller.ts'
import { eventually, givenEverything, givenServer, isAlive, pids } from './upstreams.ts'

describe('the environment of a child', () => {
  it("holds what it was given and the bare necessities, and nothing of the gate's", async () => {
    process.env.GATE_SECRET = 'do not tell'
    const { upstream } = givenServer('puppet.mjs', { env: { TOKEN: 'given' } })
    const session = await givenSession(upstream)

    const reply = await post(upstream, deed(1, 'environment'), { session }).over()

    const { env } = reply.messages[0].result
    assert.equal(env.TOKEN, 'given')
    assert.equal(env.PATH, withoutOwnPrograms(process.env.PATH ?? ''))
    const known = ['TOKEN', 'PATH', 'HOME', 'LANG', 'TMPDIR', '__CF_USER_TEXT_ENCODING']
    assert.deepEqual(
      Object.keys(env).filter((name) => !known.includes(name)),
      [],
    )
  })

  it("has the user's search path, not what npm put before it when it started the gate", async (test) => {
    const root = fileURLToPath(new URL('../../../..', import.meta.url))
    const path = process.env.PATH
    test.after(() => Object.assign(process.env, { PATH: path }))
    process.env.PATH = `${root}node_modules/.bin:/lib/node_modules/npm/node-gyp-bin:/mine/node_modules/.bin:/usr/bin`
    const { upstream } = givenServer('puppet.mjs')
    const session = await givenSession(upstream)

    const reply = await post(upstream, deed(1, 'environment'), { session }).over()

    assert.equal(reply.messages[0].result.env.PATH, '/mine/node_modules/.bin:/usr/bin')
  })

  it('has the programs of the project that the gate is installed in', () => {
    const path = '/app/node_modules/.bin:/usr/bin'

    assert.equal(withoutOwnPrograms(path, '/app/node_modules/@portcullis/gateway/dist'), path)
    assert.equal(withoutOwnPrograms(path, '/app/packages/gateway/dist'), '/usr/bin')
  })

  it('is not read by a shell', async () => {
    const { upstream } = givenServer('', { command: `${process.execPath} --version; true` })

    const reply = await post(upstream, INITIALIZE).over()

    assert.equal(reply.failure?.reason, 'unreachable')
  })
})

describe('the number of children', () => {
  it('is bounded for a principal: the one idle for longest makes way, and its session is over', async () => {
    const { upstream, log } = givenServer('puppet.mjs', { maxPerPrincipal: 2 })
    const first = await givenSession(upstream)
    const second = await givenSession(upstream)
    await post(upstream, deed(1, 'echo'), { session: first }).over()

    const third = await givenSession(upstream)

    const statuses = [first, second, third].map(
      async (session) => (await post(upstream, deed(1, 'echo'), { session }).over()).status,
    )
    assert.deepEqual(await Promise.all(statuses), [200, 404, 200])
    assert.equal(pids(log).filter(isAlive).length, 2)
  })

  it('never costs a busy one its place: not one with a request in flight, nor one with a stream', async () => {
    const { upstream } = givenServer('puppet.mjs', { maxPerPrincipal: 2 })
    const asking = await givenSession(upstream)
    const asked = post(upstream, deed(1, 'nothing'), { session: asking })
    const listening = await givenSession(upstream)
    const stream = ask(upstream, 'GET', { session: listening })

    const third = await post(upstream, INITIALIZE).over()
    const elsewhere = await post(upstream, INITIALIZE, { as: 'bob' }).over()
    stream.leave()
    const later = await post(upstream, INITIALIZE).over()

    assert.equal(third.failure?.reason, 'busy')
    assert.ok(third.failure?.reason === 'busy' && third.failure.retryAfter > 0)
    assert.equal(elsewhere.status, 200)
    assert.equal(later.status, 200)
    assert.ok(!asked.isOver)
  })

  it('is bounded over all servers of a gate, whoever owns the idle one', async () => {
    const budget = new ChildBudget(2)
    const one = givenServer('puppet.mjs', { name: 'one', budget })
    const two = givenServer('puppet.mjs', { name: 'two', budget })
    const alices = await givenSession(one.upstream, { as: 'alice' })
    await givenSession(one.upstream, { as: 'bob' })

    const carols = await givenSession(two.upstream, { as: 'carol' })

    assert.equal((await post(one.upstream, deed(1, 'echo'), { session: alices, as: 'alice' }).over()).status, 404)
    assert.equal((await post(two.upstream, deed(1, 'echo'), { session: carols, as: 'carol' }).over()).status, 200)
    assert.equal([...pids(one.log), ...pids(two.log)].filter(isAlive).length, 2)
  })

  it('is bounded for a principal at each server by itself', async () => {
    const budget = new ChildBudget()
    const one = givenServer('puppet.mjs', { name: 'one', budget, maxPerPrincipal: 1 })
    const two = givenServer('puppet.mjs', { name: 'two', budget, maxPerPrincipal: 1 })

    const session = await givenSession(one.upstream)
    await givenSession(two.upstream)

    assert.equal((await post(one.upstream, deed(1, 'echo'), { session }).over()).status, 200)
  })

  it('counts a child until it is gone, and has its successor wait for that', async () => {
    // Given a server that does not end when it is asked to
    const { upstream, log } = givenServer('stubborn.mjs', { maxPerPrincipal: 1 })
    const session = await givenSession(upstream)

    await ask(upstream, 'DELETE', { session }).over()
    const next = post(upstream, INITIALIZE)
    await new Promise((resolve) => setTimeout(resolve, 200))
    assert.equal(pids(log).length, 1)
    await next.over()

    assert.equal(next.status, 200)
    assert.equal(pids(log).filter(isAlive).length, 1)
  })

  it('shrinks when nobody needs them', async () => {
    const { upstream, log } = givenServer('', {
      args: [fileURLToPath(new URL('children/puppet.mjs', import.meta.url)), 'modern'],
      idleMs: 150,
    })
    const session = await givenSession(upstream)
    const listening = await givenSession(upstream)
    ask(upstream, 'GET', { session: listening })
    await post(upstream, modern(1, 'tools/call', { name: 'echo' }), { era: 'modern' }).over()

    await eventually('two ended', () => log.filter(({ message }) => message === 'stdio server ended').length === 2)

    assert.equal((await post(upstream, deed(1, 'echo'), { session }).over()).status, 404)
    assert.equal((await post(upstream, deed(1, 'echo'), { session: listening }).over()).status, 200)
    assert.equal(
      (await post(upstream, modern(1, 'tools/call', { name: 'echo' }), { era: 'modern' }).over()).status,
      200,
    )
  })
})

describe('the end of a child', () => {
  it('takes what it has started along, even what ends at no request', async () => {
    const { upstream, log } = givenServer('stubborn.mjs')
    const reply = await post(upstream, INITIALIZE).over()
    const helper = Number(reply.messages[0].result.helper)
    assert.ok(isAlive(helper))

    await upstream.close()

    await eventually('helper gone', () => !isAlive(helper))
    assert.deepEqual(pids(log).filter(isAlive), [])
  })

  it('takes its helpers along when it goes by itself, and does not wait for their hold on stdout', async () => {
    const { upstream, log } = givenServer('stubborn.mjs')
    const reply = await post(upstream, INITIALIZE).over()
    const helper = Number(reply.messages[0].result.helper)
    const session = reply.headers.get('mcp-session-id') ?? ''

    await post(upstream, request(1, 'tools/call', { name: 'abandon' }), { session }).over()

    await eventually('helper gone', () => !isAlive(helper))
    await eventually('heard of', () => log.some(({ message }) => message === 'stdio server ended'))
    assert.equal((await post(upstream, deed(1, 'echo'), { session }).over()).status, 404)
  })

  it('is gentle with a server that ends when its stdin does', async () => {
    const { upstream, log } = givenServer('puppet.mjs')
    await givenSession(upstream)

    await upstream.close()

    assert.deepEqual(
      log.filter(({ message }) => message === 'stdio server ended').map(({ fields }) => fields.detail),
      ['exited with code 0'],
    )
  })

  it('comes with the close of the gate for all, and nothing is started any more', async () => {
    const { upstream, log } = givenEverything()
    await Promise.all([givenSession(upstream), givenSession(upstream, { as: 'bob' })])
    const asked = post(upstream, request(1, 'ping'), { session: 'none' })
    await asked.over()

    await upstream.close()
    const late = await post(upstream, INITIALIZE).over()

    assert.deepEqual(pids(log).filter(isAlive), [])
    assert.equal(late.failure?.reason, 'unreachable')
  })

  it('comes even when the gate leaves without closing anything', async () => {
    const gate = spawn(
      process.execPath,
      [...process.execArgv, fileURLToPath(new URL('children/careless-gate.ts', import.meta.url))],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    )
    let output = ''
    for await (const chunk of gate.stdout) output += chunk

    const [child, helper] = output.trim().split(' ').map(Number)

    assert.ok(child && helper)
    await eventually('both gone', () => !isAlive(child) && !isAlive(helper))
  })
})
