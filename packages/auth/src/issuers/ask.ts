import { decodeUtf8 } from '../crypto/index.ts'
import { readAtMost } from '../http/index.ts'
import { isObject, readStrictText, StrictJsonError } from '../protocol/index.ts'
import { IssuerFault } from './fault.ts'

/** The runtime's `fetch`, or one that goes by a proxy. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>

export interface Asking {
  readonly fetch: Fetch
  /** The most bytes of an answer. */
  readonly bytes: number
  /** The most milliseconds for everything, from the name to the last byte. */
  readonly milliseconds: number
}

/** @param form Sent by POST as `application/x-www-form-urlencoded`; absent: a GET. */
export interface Question {
  readonly form?: URLSearchParams
  readonly headers?: Readonly<Record<string, string>>
}

/**
 * Asks an issuer for a JSON object. The content type is not looked at, for many send a wrong one; the content is read
 * strictly (a key twice is a fault). Follows no redirect: whom to trust was written down, and is not for others to change.
 * Does not check the URL: who made the options has done so.
 * @throws {IssuerFault}
 */
export async function askJson(
  url: string,
  { fetch, bytes, milliseconds }: Asking,
  { form, headers = {} }: Question = {},
): Promise<Readonly<Record<string, unknown>>> {
  const signal = AbortSignal.timeout(milliseconds)
  try {
    const response = await fetch(url, {
      method: form === undefined ? 'GET' : 'POST',
      headers: { accept: 'application/json', ...headers },
      redirect: 'manual',
      signal,
      ...(form === undefined ? {} : { body: form }),
    })
    if (response.status !== 200) {
      void response.body?.cancel().catch(() => {})
      throw faultOf(response, url)
    }
    const body = await readAtMost(bytes, response.body)
    if (body === undefined) throw new IssuerFault('large', `${url} sends more than ${bytes} bytes`)
    return readObject(body, url)
  } catch (error) {
    if (error instanceof IssuerFault) throw error
    if (signal.aborted) throw new IssuerFault('slow', `${url} took longer than ${milliseconds} ms`)
    throw new IssuerFault('unreachable', `${url} does not answer`, error)
  }
}

function faultOf({ status, type }: Response, url: string): IssuerFault {
  const isRedirect = type === 'opaqueredirect' || (status >= 300 && status < 400)
  if (isRedirect) return new IssuerFault('redirect', `${url} redirects, and redirects are not followed`)
  return new IssuerFault(status === 401 ? 'credentials' : 'status', `${url} answers ${status}`)
}

function readObject(body: Uint8Array, url: string): Readonly<Record<string, unknown>> {
  const text = decodeUtf8(body)
  if (text === undefined) throw new IssuerFault('content', `${url} sends what is not UTF-8`)
  try {
    const { value } = readStrictText(text)
    if (isObject(value)) return value
  } catch (error) {
    if (!(error instanceof StrictJsonError)) throw error
    throw new IssuerFault('content', `${url} sends no strict JSON (${error.fault})`)
  }
  throw new IssuerFault('content', `${url} sends no JSON object`)
}
