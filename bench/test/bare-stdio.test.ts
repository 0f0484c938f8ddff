import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { startBareStdio } from '../peers/index.ts'
import { type Rig, withRig } from '../rig.ts'

const CALLERS = 32

/** Answers when all have called, the last one first, to each what it said; `leave` ends it. */
const SERVER = `
  const calls = []
  require('node:readline').createInterface(process.stdin).on('line', (line) => {
    const { id, method, params } = JSON.parse(line)
    if (method === 'leave') process.exit()
    if (method !== 'call') return
    calls.push({ id, params })
    if (calls.length < ${CALLERS}) return
    console.log('{"jsonrpc":"2.0","method":"notifications/message"}')
    for (const { id, params } of calls.reverse()) console.log(JSON.stringify({ jsonrpc: '2.0', id, result: params }))
  })`

type Post = (message: object | string) => Promise<Response>

async function givenFront(rig: Rig): Promise<Post> {
  const { target } = await startBareStdio(rig, [process.execPath, '--eval', SERVER])
  return (message) =>
    fetch(`http://127.0.0.1:${target.port}${target.path}`, {
      method: 'POST',
      signal: AbortSignal.timeout(5000),
      body: typeof message === 'string' ? message : JSON.stringify({ jsonrpc: '2.0', ...message }),
    })
}

describe('the leanest front of a stdio server', () => {
  it('gives each of many callers with equal ids its own answer, in every script', async () => {
    await withRig(async (rig) => {
      const post = await givenFront(rig)
      const said = Array.from({ length: CALLERS }, (_, caller) => ({ text: `Grüße №${caller}` }))

      const answers = await Promise.all(
        said.map(async (params) => (await post({ id: 'same', method: 'call', params })).json()),
      )

      assert.deepEqual(
        answers,
        said.map((result) => ({ jsonrpc: '2.0', id: 'same', result })),
      )
    })
  })

  it('takes a notification without an answer, and no text that is not JSON', async () => {
    await withRig(async (rig) => {
      const post = await givenFront(rig)

      assert.equal((await post({ method: 'notifications/initialized' })).status, 202)
      assert.equal((await post('{')).status, 400)
    })
  })

  it('ends with its server, so that nobody waits for an answer', async () => {
    await withRig(async (rig) => {
      const post = await givenFront(rig)

      await assert.rejects(post({ id: 1, method: 'leave' }))
    })
  })
})
