import type { Passage } from '../entry/index.ts'

/** Adds what the guard has to say; notices the session that an answer opens, the stream that it is, and its end. */
export function attend(passage: Passage, answer: Response): Response {
  const response = withFields(answer, passage.headers)
  const { status, headers, body } = response
  const session = headers.get('mcp-session-id')
  if (session !== null) passage.opened(session)
  if (body !== null && headers.get('content-type')?.startsWith('text/event-stream')) {
    return new Response(untilRevoked(passage, body, status), response)
  }
  passage.end(status)
  return response
}

function withFields(response: Response, fields: readonly string[]): Response {
  if (fields.length === 0) return response
  // Fields of an answer that came from elsewhere cannot be set.
  const headers = new Headers(response.headers)
  for (let at = 0; at < fields.length; at += 2) headers.set(fields[at] as string, fields[at + 1] as string)
  return new Response(response.body, { status: response.status, statusText: response.statusText, headers })
}

/** By this code hosts on Node tell a stream that was broken off from a fault of theirs. */
function brokenOff(): Error {
  return Object.assign(new Error('the credential has ended'), { code: 'ERR_STREAM_PREMATURE_CLOSE' })
}

/** The same stream, read as it is asked for; broken off when the credential behind it ends. */
function untilRevoked(passage: Passage, body: ReadableStream<Uint8Array>, status: number): ReadableStream<Uint8Array> {
  const reader = body.getReader()
  let stop = (): void => {}
  const finish = (hasLeft = false): void => {
    stop()
    passage.end(status, hasLeft)
  }
  return new ReadableStream<Uint8Array>({
    start(controller) {
      stop = passage.untilRevoked(() => {
        finish()
        controller.error(brokenOff())
        reader.cancel().catch(() => {})
      })
    },
    async pull(controller) {
      try {
        const { done, value } = await reader.read()
        if (!done) return controller.enqueue(value)
        finish()
        controller.close()
      } catch (error) {
        passage.note('upstream_failed')
        finish()
        controller.error(error)
      }
    },
    async cancel(reason) {
      finish(true)
      await reader.cancel(reason)
    },
  })
}
