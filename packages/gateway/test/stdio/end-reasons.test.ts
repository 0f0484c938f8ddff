import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ask, deed, givenSession, INITIALIZE, modern, post } from './caller.ts'
import { eventually, type Given, givenServer, type LogLine } from './upstreams.ts'

/** The line of the log that says why a child has ended, or could not be started. */
async function endIn(log: readonly LogLine[]): Promise<LogLine> {
  const find = () => log.find(({ message }) => /^stdio server (ended|could not be started)$/.test(message))
  await eventually('an end', () => find() !== undefined)
  return find() as LogLine
}

const CASES: [reason: string, level: string, server: () => Given, end: (given: Given) => unknown][] = [
  ['idle', 'info', () => givenServer('puppet.mjs', { idleMs: 50 }), ({ upstream }) => givenSession(upstream)],
  [
    'evicted',
    'info',
    () => givenServer('puppet.mjs', { maxPerPrincipal: 1 }),
    async ({ upstream }) => [await givenSession(upstream), await givenSession(upstream)],
  ],
  [
    'session_deleted',
    'info',
    () => givenServer('puppet.mjs'),
    async ({ upstream }) => ask(upstream, 'DELETE', { session: await givenSession(upstream) }),
  ],
  ['caller_left', 'info', () => givenServer('puppet.mjs'), ({ upstream }) => post(upstream, INITIALIZE).leave()],
  [
    'other_era',
    'info',
    () => givenServer('puppet.mjs'),
    ({ upstream }) => post(upstream, modern(1, 'tools/list'), { era: 'modern' }),
  ],
  [
    'closing',
    'info',
    () => givenServer('puppet.mjs'),
    async ({ upstream }) => {
      await givenSession(upstream)
      await upstream.close()
    },
  ],
  [
    'start_failed',
    'error',
    () => givenServer('', { command: '/nowhere' }),
    ({ upstream }) => post(upstream, INITIALIZE),
  ],
  [
    'start_failed',
    'warn',
    () => givenServer('', { args: ['-e', 'process.exit(3)'] }),
    ({ upstream }) => post(upstream, INITIALIZE),
  ],
  [
    'handshake_failed',
    'warn',
    () => givenServer('silent.mjs', { startTimeoutMs: 100 }),
    ({ upstream }) => post(upstream, INITIALIZE),
  ],
  [
    'oversized_message',
    'warn',
    () => givenServer('puppet.mjs', { maxLineBytes: 10_000 }),
    async ({ upstream }) =>
      post(upstream, deed(1, 'huge', { bytes: 20_000 }), { session: await givenSession(upstream) }),
  ],
  [
    'not_mcp',
    'warn',
    () => givenServer('puppet.mjs'),
    async ({ upstream }) =>
      post(upstream, deed(1, 'garbage', { lines: 200 }), { session: await givenSession(upstream) }),
  ],
  [
    'pipe_closed',
    'warn',
    () => givenServer('', { args: ['-e', 'require("fs").closeSync(1); setInterval(() => {}, 1000)'] }),
    ({ upstream }) => post(upstream, INITIALIZE),
  ],
  [
    'exited',
    'warn',
    () => givenServer('puppet.mjs'),
    async ({ upstream }) => post(upstream, deed(1, 'exit', { code: 7 }), { session: await givenSession(upstream) }),
  ],
  [
    'exited',
    'info',
    () => givenServer('puppet.mjs'),
    async ({ upstream }) => post(upstream, deed(1, 'exit', { code: 0 }), { session: await givenSession(upstream) }),
  ],
  [
    'signalled',
    'warn',
    () => givenServer('puppet.mjs'),
    async ({ upstream, log }) => {
      await givenSession(upstream)
      process.kill(Number(log[0]?.fields.pid), 'SIGUSR2')
    },
  ],
]

describe('the log says why a child has ended, in one word', () => {
  for (const [reason, level, server, end] of CASES) {
    it(`${reason}, as ${level === 'info' ? 'information' : `a matter to look into (${level})`}`, async () => {
      const given = server()

      await end(given)
      const line = await endIn(given.log)

      assert.deepEqual([line.fields.reason, line.level, line.fields.server], [reason, level, 'tested'])
    })
  }

  it('with its exit code or signal', async () => {
    const { upstream, log } = givenServer('puppet.mjs')
    post(upstream, deed(1, 'exit', { code: 7 }), { session: await givenSession(upstream) })
    assert.equal((await endIn(log)).fields.detail, 'exited with code 7')
  })

  it('once for each, and not as a failure of a server that was only asked for its era', async () => {
    const { upstream, log } = givenServer('initialize-only.mjs')

    await post(upstream, modern(1, 'tools/list'), { era: 'modern' }).over()
    await eventually('ended', () => log.some(({ message }) => message === 'stdio server ended'))

    const ends = log.filter(({ message }) => message === 'stdio server ended')
    assert.deepEqual(
      ends.map(({ level, fields }) => [level, fields.reason]),
      [['info', 'exited']],
    )
  })
})
