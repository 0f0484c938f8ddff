/**
 * A server without an SDK that does what its caller's tool calls tell it to, so that a test can have any bytes on the
 * wire. Argument `modern`: answers `server/discover` as a server of that era.
 */
import { write as writeLater, writeSync } from 'node:fs'

const era = process.argv[2] ?? 'legacy'
const heard = []

function write(bytes) {
  for (let rest = Buffer.from(bytes); rest.length > 0; ) {
    try {
      rest = rest.subarray(writeSync(1, rest))
    } catch (error) {
      if (error.code !== 'EAGAIN') throw error
    }
  }
}

const answer = (id, result) => write(`${JSON.stringify({ jsonrpc: '2.0', id, result })}\n`)

const deeds = {
  /** Writes lines as they are; `$id` and `$token` stand for what this request bears. */
  say: ({ lines }, { id, token }) => {
    for (const line of lines) write(`${line.replaceAll('$id', id).replaceAll('$token', token)}\n`)
  },
  /** The same, later. */
  sayLater: ({ lines, ms }, names) => setTimeout(() => deeds.say({ lines }, names), ms),
  /** The lines that have come in so far, this one included. */
  heard: (_, { id }) => answer(id, { lines: heard }),
  environment: (_, { id }) => answer(id, { env: process.env }),
  echo: ({ value }, { id }) => answer(id, { value }),
  nothing: () => {},
  exit: ({ code }) => process.exit(code),
  /** Writes events without end, and says on stderr how many bytes have left. */
  flood: (_, { token }) => {
    const params = { progressToken: token, progress: 1, message: 'x'.repeat(10_000) }
    const line = `${JSON.stringify({ jsonrpc: '2.0', method: 'notifications/progress', params })}\n`
    let sent = 0
    setInterval(() => process.stderr.write(`sent ${sent}\n`), 20)
    // In a thread of its own: a write that finds the pipe full waits, and the clock must not wait with it.
    const more = () =>
      writeLater(1, line, (error, bytes = 0) => {
        sent += bytes
        setTimeout(more, error === null ? 0 : 5)
      })
    more()
  },
  /** One message, character by character, in as many writes. */
  dribble: async ({ text }, { id }) => {
    for (const byte of Buffer.from(`${JSON.stringify({ jsonrpc: '2.0', id, result: { text } })}\n`)) {
      write([byte])
      await new Promise(setImmediate)
    }
  },
  huge: ({ bytes }, { id }) => answer(id, { text: 'x'.repeat(bytes) }),
  garbage: ({ lines }, { id }) => {
    for (let n = 0; n < lines; n++) write(`this is no message, ${n}\n`)
    answer(id, {})
  },
  stderr: ({ text }, { id }) => process.stderr.write(text, () => answer(id, {})),
  /** Hears nothing any more; lives on. */
  deafen: (_, { id }) => {
    process.stdin.pause()
    setInterval(() => {}, 1000)
    answer(id, {})
  },
}

function obey(line) {
  heard.push(line)
  const { id, method, params } = JSON.parse(line)
  if (id === undefined || method === undefined) return
  if (method === 'initialize') answer(id, { protocolVersion: params.protocolVersion, capabilities: {}, serverInfo: {} })
  else if (method === 'server/discover' && era === 'modern') answer(id, { supportedVersions: ['2026-07-28'] })
  else if (method === 'tools/call')
    deeds[params.name](params.arguments ?? {}, { id, token: params._meta?.progressToken })
  else if (method === 'subscriptions/listen') deeds.say({ lines: params.lines }, { id })
  else write(`${JSON.stringify({ jsonrpc: '2.0', id, error: { code: -32601, message: 'Method not found' } })}\n`)
}

let rest = ''
process.stdin.setEncoding('utf8').on('data', (chunk) => {
  const lines = (rest + chunk).split('\n')
  rest = lines.pop()
  for (const line of lines) obey(line)
})
