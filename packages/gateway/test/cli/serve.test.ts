import assert from 'node:assert/strict'
import { once } from 'node:events'
import { Readable } from 'node:stream'
import { describe, it } from 'node:test'
import { runCommand } from '../../src/cli/index.ts'
import { givenFile } from '../config/given.ts'
import { start } from './given.ts'

const UPSTREAM = 'upstream: { url: "http://127.0.0.1:9/mcp" }'
const SERVERS = `
listen: { port: 0 }
store: "memory:"
servers:
  keyed: { ${UPSTREAM}, access: [api-key] }
  both: { ${UPSTREAM}, access: [unlisted, api-key] }
  hidden: { ${UPSTREAM}, access: [unlisted] }
`

/** What is on stdout when the gate stands. */
async function answerOf(...args: readonly string[]): Promise<string> {
  const gate = start('serve', '--config', givenFile('serve.yaml', SERVERS), ...args)
  assert.ok(gate.stdout)
  const [said] = await once(gate.stdout, 'data')
  gate.kill('SIGTERM')
  await once(gate, 'exit')
  return String(said)
}

/** What stderr has been told when a gate has ended that was asked to as soon as it stood. */
async function farewellOf(isWatched: boolean, ...args: readonly string[]): Promise<string> {
  let said = ''
  const streams = {
    env: {},
    stdin: Readable.from(''),
    isWatched,
    stdout: () => void setImmediate(() => process.emit('SIGINT', 'SIGINT')),
    stderr(text: string): void {
      said += text
    },
  }
  assert.equal(await runCommand(['serve', '--config', givenFile('farewell.yaml', SERVERS), ...args], streams), 0)
  return said
}

describe('serve', () => {
  it('tells who watches it end that calls may finish and how to end them, and nobody else', async () => {
    assert.match(await farewellOf(true), /Calls under way may finish\. Ctrl-C again ends at once\.\n$/)
    assert.doesNotMatch(await farewellOf(false), /Ctrl-C/)
    assert.doesNotMatch(await farewellOf(true, '--json'), /Ctrl-C/)
  })

  it('tells people where each server is reached, and of unlisted ones how, for their address answers nobody', async () => {
    const lines = (await answerOf()).trimEnd().split('\n')

    assert.match(lines[0] ?? '', /^ {2}keyed: http:\/\/127\.0\.0\.1:\d+\/keyed\/mcp$/)
    assert.match(lines[1] ?? '', /^ {2}both: http:\/\/127\.0\.0\.1:\d+\/both\/mcp$/)
    assert.equal(lines[2], '  hidden: by unlisted URL: portcullis urls create --server hidden --name LABEL')
  })

  it('tells programs of all servers alike', async () => {
    const { url, servers } = JSON.parse(await answerOf('--json'))
    assert.equal(servers.hidden.mcp, `${url}/hidden/mcp`)
  })
})
