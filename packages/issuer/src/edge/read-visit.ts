import type { IncomingMessage } from 'node:http'
import { Pieces } from '@portcullis/auth/http'
import type { Visit } from '../web/index.ts'
import { hasMoreThan, isQueryTooMuch, MAX_FIELDS } from './bounds.ts'

/** The longest body that the issuer reads, in bytes: registrations and forms are far shorter. */
export const MAX_BODY = 65_536

/** Why nobody gets to see a request: its body is longer than `MAX_BODY`, comes in crumbs or breaks off; its query or form says too much. */
export type Unread = 'too_long' | 'too_much'

/** The request as the rooms above see it. */
export async function readVisit(request: IncomingMessage, peer: string): Promise<Visit | Unread> {
  const target = request.url as string
  const at = target.indexOf('?')
  const path = at === -1 ? target : target.slice(0, at)
  const search = at === -1 ? '' : target.slice(at + 1)
  const body = await readBody(request)
  if (body === undefined) return 'too_long'
  if (isQueryTooMuch(search)) return 'too_much'
  const headers: Record<string, string> = {}
  for (const name in request.headers) {
    const value = request.headers[name]
    headers[name] = Array.isArray(value) ? value.join(', ') : (value ?? '')
  }
  const isForm = (headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() === FORM
  const form = isForm ? body.toString('utf8') : ''
  if (hasMoreThan(MAX_FIELDS, form)) return 'too_much'
  return {
    method: request.method as string,
    path,
    query: new URLSearchParams(search),
    search,
    headers,
    form: new URLSearchParams(form),
    body,
    peer,
  }
}

export const FORM = 'application/x-www-form-urlencoded'

/** By events: an iterator over the request would cost more than all else that is done with it here. */
function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const { promise, resolve } = Promise.withResolvers<Buffer | undefined>()
  const pieces = new Pieces()
  request.on('data', (chunk: Buffer) => {
    const isCrumbled = !pieces.add(chunk)
    if (!isCrumbled && pieces.length <= MAX_BODY) return
    request.removeAllListeners('data')
    // A request that is paused still takes crumbs, until they are as many bytes as it holds.
    if (isCrumbled) request.destroy()
    else request.pause()
    resolve(undefined)
  })
  request.on('end', () => {
    const { buffer, byteOffset, length } = pieces.whole()
    resolve(Buffer.from(buffer, byteOffset, length))
  })
  request.on('error', () => resolve(undefined))
  request.on('close', () => resolve(undefined))
  return promise
}
