import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Burst } from '../load/job.ts'
import { PEER_CORE } from '../process/index.ts'
import { withRig } from '../rig.ts'

const RIGHT = { content: [{ type: 'text', text: 'pong' }] }

/** A stdio server that answers every call with `answer`, or ends instead. */
function givenServer(answer: { readonly result: object } | { readonly error: object } | 'ends'): readonly string[] {
  const welcome = { capabilities: { tools: {} }, serverInfo: { name: 'test', version: '1' } }
  const program = `
    const say = (message) => console.log(JSON.stringify({ jsonrpc: '2.0', ...message }))
    require('node:readline').createInterface(process.stdin).on('line', (line) => {
      const { id, method, params } = JSON.parse(line)
      if (method === 'initialize') {
        say({ id, result: { protocolVersion: params.protocolVersion, ...${JSON.stringify(welcome)} } })
        say({ method: 'notifications/tools/list_changed' })
      } else if (id !== undefined) ${answer === 'ends' ? 'process.exit()' : `say({ id, ...${JSON.stringify(answer)} })`}
    })`
  return ['--eval', program]
}

function drive(driver: 'pump' | 'sdk', args: readonly string[]): Promise<Burst> {
  const span = { concurrency: 4, warmUp: 0, seconds: 0.2 }
  return withRig((rig) =>
    rig.startGenerator(PEER_CORE).burst({ kind: 'stdio', driver, command: process.execPath, args, ...span }),
  )
}

for (const driver of ['pump', 'sdk'] as const) {
  describe(`a stdio server that is driven by the ${driver}`, () => {
    it('has a rate when it answers every call with a result', async () => {
      const { rate, answers } = await drive(driver, givenServer({ result: RIGHT }))

      assert.ok(rate > 0)
      assert.ok(answers > 4)
    })

    it('has none when it answers with an error, or a tool does', async () => {
      const error = { code: -32603, message: 'no' }

      await assert.rejects(drive(driver, givenServer({ error })), /-32603/)
      await assert.rejects(drive(driver, givenServer({ result: { ...RIGHT, isError: true } })), /isError|failed/)
    })

    it('has none when it ends', async () => {
      await assert.rejects(drive(driver, givenServer('ends')), /ended|closed/i)
    })
  })
}
