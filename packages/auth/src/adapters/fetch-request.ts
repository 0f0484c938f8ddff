import { type Body, MAX_BODY, type Visit } from '../entry/index.ts'
import { type Reply, readAtMost } from '../http/index.ts'

export function visitOf(request: Request, peer: string): Visit {
  const { headers, method } = request
  return {
    method,
    target: targetOf(request),
    peer,
    header: (name) => headers.get(name) ?? undefined,
    // What comes twice is joined by a comma here; no credential and no session id holds one.
    isRepeated: (name) => headers.get(name)?.includes(',') ?? false,
  }
}

/** Path and query of a request's URL, which is absolute. */
export function targetOf({ url }: Request): string {
  const at = url.indexOf('/', url.indexOf('//') + 2)
  return at === -1 ? '/' : url.slice(at)
}

/** The body of a request, at most `MAX_BODY` bytes of it. Uses it up. */
export async function bodyOf({ body, bodyUsed, headers }: Request): Promise<Body> {
  if (body === null || bodyUsed) return undefined
  if (Number(headers.get('content-length') ?? 0) > MAX_BODY) return { kind: 'too_large' }
  try {
    const bytes = await readAtMost(MAX_BODY, body)
    return bytes === undefined ? { kind: 'too_large' } : { kind: 'bytes', bytes }
  } catch {
    return { kind: 'left' }
  }
}

/** The same request, to be read anew. */
export function withBody({ url, method, headers, signal }: Request, bytes: Uint8Array): Request {
  return new Request(url, { method, headers, signal, body: bytes as Uint8Array<ArrayBuffer> })
}

export function toResponse({ status, headers, body }: Reply): Response {
  const fields = new Headers()
  for (let at = 0; at < headers.length; at += 2) fields.append(headers[at] as string, headers[at + 1] as string)
  return new Response(body === '' ? null : body, { status, headers: fields })
}
