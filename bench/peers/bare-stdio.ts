/**
 * The leanest good HTTP front of a stdio server in Node: `node:http`, one child for all callers, no checks at all. What
 * the gate adds to this is the price of the gate. Ids are renumbered, so that callers with equal ids cannot get each
 * other's answers. What comes in within one turn of the event loop reaches the child in one write.
 *
 *   node bench/peers/bare-stdio.ts PORT COMMAND [ARG …]
 *
 * It keeps no sessions, drops what the server says of its own accord, and leaves ids within messages (of a cancelled
 * call, of progress) as they are. It ends with its parent, and with its child.
 */
import { spawn } from 'node:child_process'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'

interface Message {
  readonly id?: unknown
  readonly method?: unknown
}

interface Call {
  /** As the caller spelled it. */
  readonly id: unknown
  readonly response: ServerResponse
}

const [port, command = '', ...args] = process.argv.slice(2)
const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'ignore'] })
const calls = new Map<unknown, Call>()
let lastId = 0
/** For the child, since the last write. */
let lines = ''
/** From the child, without its end so far. */
let rest = ''

// All text is taken for latin1, on the way in and on the way out: the same bytes, and nothing to decode.

function receive(request: IncomingMessage, response: ServerResponse): void {
  let text = ''
  request.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1')
  })
  request.on('end', () => {
    const message = parse(text)
    if (message === null) response.writeHead(400).end()
    else forward(message, response)
  })
}

function parse(text: string): Message | null {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

function forward(message: Message, response: ServerResponse): void {
  if (message.id === undefined) {
    write(message)
    response.writeHead(202).end()
  } else {
    calls.set(++lastId, { id: message.id, response })
    write({ ...message, id: lastId })
  }
}

function write(message: Message): void {
  if (lines === '') setImmediate(flush)
  lines += `${JSON.stringify(message)}\n`
}

function flush(): void {
  child.stdin.write(lines, 'latin1')
  lines = ''
}

function answer(line: string): void {
  const message: Message = JSON.parse(line)
  const call = calls.get(message.id)
  if (call === undefined || message.method !== undefined) return // not an answer, but the server's own
  calls.delete(message.id)
  const text = JSON.stringify({ ...message, id: call.id })
  call.response.writeHead(200, ['content-type', 'application/json', 'content-length', String(text.length)])
  call.response.end(text, 'latin1')
}

child.stdout.setEncoding('latin1').on('data', (chunk: string) => {
  const whole = (rest + chunk).split('\n')
  rest = whole.pop() ?? ''
  whole.forEach(answer)
})
child.on('exit', () => process.exit(1))
process.on('disconnect', () => process.exit())
createServer({ noDelay: true, keepAliveTimeout: 60_000 }, receive).listen({
  port: Number(port),
  host: '127.0.0.1',
  backlog: 4096,
})
