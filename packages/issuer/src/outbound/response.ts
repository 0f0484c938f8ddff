import type { Fetched } from './outbound.ts'

/** An answer in the form that `fetch` has. */
export function responseOf({ status, headers, body }: Fetched): Response {
  const { 'content-length': _, ...rest } = headers
  const isBare = status === 204 || status === 304
  return new Response(isBare ? null : new Uint8Array(body), { status, headers: rest })
}
