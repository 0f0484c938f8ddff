import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { directory, givenFile } from '../config/given.ts'
import { run } from './given.ts'

const SERVER = 'store: "memory:"\nservers: { a: { upstream: { url: "http://127.0.0.1:9" }, access: [public] } }\n'

/** A port that somebody else listens on. */
async function givenPort(): Promise<number> {
  const other = createServer().listen(0, '127.0.0.1')
  after(() => other.close())
  await once(other, 'listening')
  return (other.address() as AddressInfo).port
}

describe('where it cannot listen, a gate says why and what to do, in one line, and ends with 1', () => {
  it('on a port that is taken: another port, by option or at its line', async () => {
    const port = await givenPort()
    const file = givenFile('taken.yaml', `listen:\n  port: ${port}\n${SERVER}`)

    const { code, stdout, stderr } = await run(['serve', '--config', file])

    assert.deepEqual([code, stdout], [1, ''])
    assert.equal(
      stderr,
      `portcullis: the gate cannot start: 127.0.0.1:${port} is in use by another process (EADDRINUSE): end that one, or ` +
        `choose another port with --port N, or by \`listen.port\` (${file}:2:9)\n`,
    )
  })

  it('on a port that an option has named: the file, where a port would stand', async () => {
    const port = await givenPort()
    const file = givenFile('unsaid.yaml', SERVER)
    const { code, stderr } = await run(['serve', '--config', file, '--port', String(port)])
    assert.equal(code, 1)
    assert.ok(stderr.endsWith(`--port N, or by \`listen.port\` (${file})\n`), stderr)
  })

  it('in the demonstration, too', async () => {
    const port = await givenPort()
    const { code, stderr } = await run(['demo', '--state', join(directory, 'demo'), '--port', String(port)])
    assert.equal(code, 1)
    assert.match(
      stderr,
      /in use by another process \(EADDRINUSE\): .* --port N, or by `listen.port` \(.*portcullis\.yaml:\d+:\d+\)\n$/,
    )
  })

  it('on an address that this machine does not have', async () => {
    const file = givenFile(
      'foreign.yaml',
      `listen: { host: 192.0.2.1, port: 0 }\ntrustedProxies: [10.0.0.1]\n${SERVER}`,
    )
    const { code, stderr } = await run(['serve', '--config', file])
    assert.equal(code, 1)
    assert.ok(
      stderr.endsWith(
        `this machine has no address 192.0.2.1 (EADDRNOTAVAIL): choose one that it has by \`listen.host\` (${file}:1:17)\n`,
      ),
      stderr,
    )
  })
})
