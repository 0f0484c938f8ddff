/**
 * Starts a helper, as `npx` does, and leaves it running. Neither it nor the helper ends when stdin does or when it is
 * asked to. Tells the helper's process id in its answers.
 */
import { spawn } from 'node:child_process'

process.on('SIGTERM', () => {})
const helper = spawn(process.execPath, ['-e', "process.on('SIGTERM', () => {}); setInterval(() => {}, 1000)"], {
  stdio: 'inherit',
})
setInterval(() => {}, 1000)
process.stdin.setEncoding('utf8').on('data', (chunk) => {
  for (const line of chunk.split('\n').filter(Boolean)) {
    const { id, params } = JSON.parse(line)
    if (id === undefined) continue
    const result = { protocolVersion: params?.protocolVersion, capabilities: {}, helper: helper.pid }
    process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', id, result })}\n`)
    if (params?.name === 'abandon') process.exit(0)
  }
})
