import assert from 'node:assert/strict'
import { it } from 'node:test'
import { isWholeAnswer } from '../load/answer.ts'

const BODY = '{"jsonrpc":"2.0","id":7,"result":{}}'

function givenAnswer(head: string, body: string, status = '200 OK'): string {
  return `HTTP/1.1 ${status}\r\n${head}\r\n\r\n${body}`
}

it('takes an answer with a length when its last byte is there, and not before', () => {
  const answer = givenAnswer(`content-length: ${BODY.length}`, BODY)

  assert.equal(isWholeAnswer(answer.slice(0, -1), 7), false)
  assert.equal(isWholeAnswer(answer, 7), true)
})

it('takes an answer in chunks, and the last event of a stream', () => {
  const event = `event: message\ndata: ${BODY}\n\n`
  const chunks = `${event.length.toString(16)}\r\n${event}\r\n0\r\n\r\n`
  const answer = givenAnswer('Content-Type: text/event-stream\r\nTransfer-Encoding: chunked', chunks)

  assert.equal(isWholeAnswer(answer.slice(0, -2), 7), false)
  assert.equal(isWholeAnswer(answer, 7), true)
})

it('does not count a refusal, the answer to another call, a JSON-RPC error, or the error of a tool', () => {
  const length = `content-length: ${BODY.length}`
  const error = '{"jsonrpc":"2.0","id":7,"error":{"code":-1,"message":"no"}}'
  const toolError = '{"jsonrpc":"2.0","id":7,"result":{"content":[],"isError":true}}'

  assert.throws(() => isWholeAnswer(givenAnswer(length, BODY, '401 Unauthorized'), 7), /401/)
  assert.throws(() => isWholeAnswer(givenAnswer(length, BODY), 8), /call 8 was answered/)
  for (const wrong of [error, toolError])
    assert.throws(() => isWholeAnswer(givenAnswer(`content-length: ${wrong.length}`, wrong), 7), /was answered/)
})
