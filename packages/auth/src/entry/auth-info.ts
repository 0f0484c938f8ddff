import { type Principal, principalKey } from '../guard/index.ts'
import type { Access } from '../policy/index.ts'

/** What the MCP SDKs hand to a tool's handler (`extra.authInfo`, `ctx.http.authInfo`), by structure. */
export interface AuthInfo {
  /** Empty: whoever passes a caller's credential on to others breaks what MCP asks for (Token Passthrough). */
  readonly token: string
  readonly clientId: string
  readonly scopes: string[]
  readonly expiresAt?: number
  readonly resource?: URL
  readonly resourceMetadataUrl?: string
  readonly extra: { readonly principal: Principal; readonly [member: string]: unknown }
}

/** What a guard has found of a caller. */
export interface Vouched {
  readonly principal: Principal
  readonly access: Access
  /** One word for who calls: what sessions and tasks belong to. */
  readonly owner: string
}

/** Principals that a guard has found: an object that merely looks like one opens nothing. */
const found = new WeakMap<Principal, Vouched>()

export function vouchFor(principal: Principal, access: Access, owner = principalKey(principal)): Vouched {
  const vouched = { principal, access, owner }
  found.set(principal, vouched)
  return vouched
}

/**
 * The principal of a call, from what an SDK hands to a handler (v1's `extra`, v2's `ctx`), what a framework
 * does (the request of Express, Fastify and `node:http`, Hono's context), or the `authInfo` itself.
 * @returns undefined when no guard has let the request in.
 */
export function principalOf(context: unknown): Principal | undefined {
  return vouchedIn(context)?.principal
}

/** Where an `authInfo` stands in what SDKs and frameworks hand on. */
const PLACES = [[], ['authInfo'], ['auth'], ['http', 'authInfo'], ['raw', 'auth'], ['var', 'authInfo']]

/** The same with what the principal may do. */
export function vouchedIn(context: unknown): Vouched | undefined {
  for (const place of PLACES) {
    const held = member(member(place.reduce(member, context), 'extra'), 'principal')
    if (typeof held === 'object' && held !== null) return found.get(held as Principal)
  }
  return undefined
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined
}

/** For somebody who was let in to this resource. */
export function toAuthInfo(principal: Principal, resource?: string, metadataUrl?: string): AuthInfo {
  const { clientId, scopes, expiresAt } = principal
  const info: AuthInfo = {
    token: '',
    clientId,
    scopes: [...scopes],
    ...(expiresAt === undefined ? {} : { expiresAt }),
    ...(metadataUrl === undefined ? {} : { resourceMetadataUrl: metadataUrl }),
    extra: { principal },
  }
  return resource === undefined ? info : withResource(info, resource)
}

/** Few handlers ask for it, and making a URL costs more than all the rest here. */
function withResource(info: AuthInfo, resource: string): AuthInfo {
  let made: URL | undefined
  const get = () => {
    made ??= new URL(resource)
    return made
  }
  const set = (other: URL) => {
    made = other
  }
  return Object.defineProperty(info, 'resource', { get, set, enumerable: true, configurable: true })
}
