import type { IncomingMessage } from 'node:http'
import { eraOfIncoming, eraOfRevision, idOf, isFault, readMessage } from '@portcullis/auth/protocol'
import type { MaybePromise } from '@portcullis/auth/store'
import { type BodyRead, isStatedTooLarge, readBody } from './body.ts'
import { type Admitted, ANSWERED, type Arrived, type Passage } from './passage.ts'
import * as replies from './replies.ts'

/** Reads what was sent, bounded and strictly, and tells the era it speaks. */
export function readRequest(passage: Passage, admitted: Admitted): MaybePromise<Arrived | undefined> {
  const { request } = passage.visit
  const { fields } = admitted
  if (fields.repeated !== undefined) {
    return passage.refuse(admitted, replies.repeatedField(fields.repeated), 'header_repeated')
  }
  const version = fields.header('mcp-protocol-version')
  switch (request.method) {
    case 'POST':
      return readPost(passage, admitted, version)
    case 'GET':
    case 'DELETE':
      return withoutBody(passage, admitted, request.method, version)
    default:
      return passage.refuse(admitted, replies.HTTP_METHOD_UNKNOWN, 'http_method_unknown')
  }
}

/** Streams and the ends of sessions: words of the legacy era alone. */
function withoutBody(
  passage: Passage,
  admitted: Admitted,
  verb: 'GET' | 'DELETE',
  version: string | undefined,
): Arrived | undefined {
  // Nobody would read it, and a caller that leaves would not be noticed behind it.
  if (hasBody(passage.visit.request)) return passage.refuse(admitted, replies.BODY_UNASKED, 'body_unasked')
  const era = version === undefined ? 'legacy' : eraOfRevision(version)
  if (era === 'modern') return passage.refuse(admitted, replies.POST_ONLY, 'post_only')
  if (era === undefined) return passage.refuse(admitted, replies.unknownVersion(), 'version_unknown')
  return { ...admitted, verb, era, incoming: undefined }
}

function readPost(
  passage: Passage,
  admitted: Admitted,
  version: string | undefined,
): MaybePromise<Arrived | undefined> {
  const { request, response } = passage.visit
  const { bodyBytes } = passage.proxy.limits
  if (!isJson(admitted.fields.header('content-type'))) return passage.refuse(admitted, replies.NOT_JSON, 'not_json')
  if (request.headers['content-encoding'] !== undefined) {
    return passage.refuse(admitted, replies.COMPRESSED, 'compressed')
  }
  if (isStatedTooLarge(request, bodyBytes)) return refuseSize(passage, admitted)
  // HTTP/1.0 knows no interim answers (RFC 9110 §10.1.1).
  if (request.headers.expect !== undefined && request.httpVersion !== '1.0') response.writeContinue()
  return new Promise((resolve, reject) => {
    let isDone = false
    readBody(request, bodyBytes, (body) => {
      if (isDone) return
      isDone = true
      try {
        resolve(understand(passage, admitted, body, version))
      } catch (mistake) {
        reject(mistake as Error)
      }
    })
  })
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
}

function refuseSize(passage: Passage, admitted: Admitted): typeof ANSWERED {
  return passage.refuse(admitted, replies.tooLarge(passage.proxy.limits.bodyBytes), 'body_too_large')
}

function understand(
  passage: Passage,
  admitted: Admitted,
  body: BodyRead,
  version: string | undefined,
): Arrived | undefined {
  if (body.kind === 'gone') return ANSWERED
  if (body.kind === 'too_large') return refuseSize(passage, admitted)
  if (body.kind === 'crumbled') return passage.refuse(admitted, replies.CRUMBLED, 'body_crumbled')
  const incoming = readMessage(body.bytes)
  if (isFault(incoming)) {
    const id = incoming.kind === 'invalid' ? incoming.id : undefined
    return passage.refuse(admitted, replies.fault(incoming.code, incoming.message, id), 'message_invalid')
  }
  const era = eraOfIncoming(incoming, version)
  if (era !== undefined) return { ...admitted, verb: 'POST', era, incoming }
  return passage.refuse(admitted, replies.unknownVersion(idOf(incoming)), 'version_unknown')
}

function isJson(contentType: string | undefined): boolean {
  if (contentType === 'application/json') return true
  return contentType !== undefined && /^application\/json\s*(;\s*charset="?utf-8"?\s*)?$/i.test(contentType)
}
