/** A request as the engine gets it: what the edge has checked, and nothing else of what the caller sent. */
export interface EngineRequest {
  readonly method: string
  /** Path and query, as the engine routes them. */
  readonly target: string
  /** Lower-case names. `host` is set by the engine's room from the issuer, never from here. */
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
  /** The caller's address. */
  readonly peer?: string
}

/** What a room has of a request; `Visit` is one. */
interface Asked {
  readonly method: string
  readonly path: string
  readonly search: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
  readonly peer: string
}

/** What of a caller's headers the engine may see. Keys of the gate are none of its business. */
const PASSED = ['accept', 'authorization', 'content-type', 'cookie', 'user-agent'] as const

/** The request that the engine gets for one of a caller's. */
export function engineRequest({ method, path, search, headers, body, peer }: Asked): EngineRequest {
  const passed = Object.fromEntries(
    PASSED.filter((name) => headers[name] !== undefined).map((name) => [name, headers[name] as string]),
  )
  // A key of the gate's own is no way to authenticate a client; the engine would refuse the request over it.
  if (/^bearer +pcls_/i.test(passed.authorization ?? '')) delete passed.authorization
  const target = search === '' ? path : `${path}?${search}`
  return { method, target, headers: passed, peer, ...(body.length === 0 ? {} : { body }) }
}
