/**
 * An MCP server that costs next to nothing: what is measured is the peer in front of it.
 * On `node:net` with a parser by hand, since `node:http` would cost as much as the peers do.
 * Reads requests with a Content-Length only, which is what every peer sends.
 *
 *   node bench/upstream/main.ts PORT
 */
import { createServer, type Socket } from 'node:net'
import { answer, COMMENT, OPEN_STREAM } from './answers.ts'

const COMMENT_EVERY_MS = 20_000
const streams = new Set<Socket>()

const server = createServer({ noDelay: true }, (socket) => {
  let rest = ''
  socket.on('data', (chunk) => {
    rest = serve(socket, rest + chunk.toString('latin1'))
  })
  socket.on('error', () => socket.destroy())
  socket.on('close', () => streams.delete(socket))
})

/** Answers every whole request in `text`; returns what is left of it. */
function serve(socket: Socket, text: string): string {
  let answers = ''
  let at = 0
  for (;;) {
    const bodyAt = text.indexOf('\r\n\r\n', at) + 4
    if (bodyAt < 4) break
    const head = text.slice(at, bodyAt)
    const length = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0)
    if (text.length < bodyAt + length) break
    answers += reply(socket, head, text.slice(bodyAt, bodyAt + length))
    at = bodyAt + length
  }
  if (answers !== '') socket.write(answers, 'latin1')
  return at === 0 ? text : text.slice(at)
}

function reply(socket: Socket, head: string, body: string): string {
  if (head.startsWith('POST')) return answer(body)
  if (!head.startsWith('GET') || !/\r\naccept: [^\r]*text\/event-stream/i.test(head)) {
    return 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'
  }
  streams.add(socket)
  return OPEN_STREAM
}

setInterval(() => {
  for (const socket of streams) socket.write(COMMENT, 'latin1')
}, COMMENT_EVERY_MS)

process.on('disconnect', () => process.exit())
server.listen({ host: '127.0.0.1', port: Number(process.argv[2]), backlog: 4096 })
