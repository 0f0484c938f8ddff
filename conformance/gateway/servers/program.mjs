/**
 * An MCP server over stdio that writes down everything it hears, and misbehaves on request:
 * `program.mjs JOURNAL [MODE]`. The journal gets `start PID`, then each line as it came, then `end`.
 *
 * Modes: `good`; `refuses` (ends at once), `silent` (never answers), `garbage` (writes what is no message around its
 * answers), `modern` (2026-07-28).
 * Tools: echo, wait {ms}, progress, die, deafen (reads no more), flood, leak (a long stderr line), environment,
 * process (its arguments and directory).
 */
import { appendFileSync, writeSync } from 'node:fs'
import { createInterface } from 'node:readline'

const [journal, mode = 'good'] = process.argv.slice(2)
appendFileSync(journal, `start ${process.pid}\n`)
process.on('exit', () => appendFileSync(journal, 'end\n'))
if (mode === 'refuses') {
  process.stderr.write('this program refuses to start: INSIDE-KNOWLEDGE\n')
  process.exit(3)
}
createInterface({ input: process.stdin }).on('line', (line) => hear(line))

function say(message) {
  let rest = Buffer.from(`${typeof message === 'string' ? message : JSON.stringify({ jsonrpc: '2.0', ...message })}\n`)
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(1, rest))
    } catch (error) {
      if (error.code !== 'EAGAIN') process.exit(0)
    }
  }
}

function hear(line) {
  appendFileSync(journal, `${line}\n`)
  if (mode === 'silent') return
  if (mode === 'garbage') say('this is no message\u0000{"jsonrpc"')
  const { id, method, params } = JSON.parse(line)
  if (id === undefined || method === undefined) return
  const answer = (result) => say({ id, result: mode === 'modern' ? { resultType: 'complete', ...result } : result })
  switch (method) {
    case 'initialize':
      return answer({
        protocolVersion: params.protocolVersion,
        capabilities: { tools: {} },
        serverInfo: { name: 'program', version: '1' },
      })
    case 'server/discover':
      if (mode !== 'modern') return say({ id, error: { code: -32601, message: 'Method not found' } })
      return answer({ supportedVersions: ['2026-07-28'], capabilities: { tools: {} }, ttlMs: 0, cacheScope: 'private' })
    case 'ping':
      return answer({})
    case 'tools/list':
      return answer({
        tools: ['echo', 'wait', 'progress', 'die', 'flood', 'leak', 'environment'].map((name) => ({
          name,
          inputSchema: { type: 'object' },
        })),
        ...(mode === 'modern' ? { ttlMs: 0, cacheScope: 'private' } : {}),
      })
    case 'tools/call':
      return call(params, answer)
    default:
      return say({ id, error: { code: -32601, message: 'Method not found' } })
  }
}

function call({ name, arguments: args = {}, _meta }, answer) {
  const text = (words) => answer({ content: [{ type: 'text', text: words }] })
  switch (name) {
    case 'wait':
      return setTimeout(() => text('waited'), args.ms ?? 100)
    case 'progress': {
      let progress = 0
      const timer = setInterval(() => {
        progress++
        say({ method: 'notifications/progress', params: { progressToken: _meta?.progressToken, progress, total: 3 } })
        if (progress < (args.steps ?? 3)) return
        clearInterval(timer)
        text('done')
      }, 60)
      return
    }
    case 'die':
      return process.exit(7)
    case 'deafen':
      process.stdin.pause()
      process.stdin.removeAllListeners('data')
      setInterval(() => {}, 1000)
      return text('deaf')
    case 'flood':
      for (let count = 0; count < (args.lines ?? 100_000); count++) {
        say({ method: 'notifications/message', params: { level: 'info', data: `flood ${count}` } })
      }
      return text('flooded')
    case 'leak':
      process.stderr.write(`${'x'.repeat(100_000)}\n`)
      return text('leaked')
    case 'process':
      return text(JSON.stringify({ argv: process.argv, cwd: process.cwd() }))
    case 'environment':
      return text(JSON.stringify(process.env))
    default:
      return text(`${name}: ${JSON.stringify(args)}`)
  }
}
