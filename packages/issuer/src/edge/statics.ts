import { createHash } from 'node:crypto'
import { errorReply, type Reply } from '@portcullis/auth/http'
import type { Handler } from '../web/index.ts'
import { OPEN, preflight } from './cors.ts'

/** How long others may keep our documents, in seconds: short, for a change of keys or server must be noticed. */
export const MAX_AGE = 300

const METHODS = 'GET, HEAD'
const PREFLIGHT = preflight(METHODS)
const WRONG_METHOD = errorReply(405, 'invalid_request', 'This document can only be read.', ['allow', METHODS])

/** Documents as bytes, the same for everyone who asks. What changes is put in again. */
export class Statics {
  private readonly replies = new Map<string, Reply>()

  put(paths: readonly string[], document: object): void {
    const body = JSON.stringify(document)
    const tag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 27)}"`
    const headers = ['etag', tag, 'cache-control', `public, max-age=${MAX_AGE}`, ...OPEN]
    const reply = { status: 200, headers: ['content-type', 'application/json', ...headers], body }
    for (const path of paths) this.replies.set(path, reply)
  }

  has(path: string): boolean {
    return this.replies.has(path)
  }

  readonly handler: Handler = ({ path, method, headers }) => {
    const reply = this.replies.get(path)
    if (reply === undefined) return undefined
    if (method === 'OPTIONS') return PREFLIGHT
    if (method !== 'GET' && method !== 'HEAD') return WRONG_METHOD
    return isKnown(reply, headers['if-none-match']) ? { ...reply, status: 304, body: '' } : reply
  }
}

/** Whether the asker has these bytes (RFC 9110 §13.1.2). */
function isKnown({ headers }: Reply, condition: string | undefined): boolean {
  if (condition === undefined) return false
  const tag = headers[headers.indexOf('etag') + 1]
  return condition.split(',').some((each) => each.trim().replace(/^W\//, '') === tag || each.trim() === '*')
}
