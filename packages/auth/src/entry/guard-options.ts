import { type AuditEvent, networkOf } from '../events/index.ts'
import type { Limits } from '../limits/index.ts'
import { expectKnown, isObject, isOptions, isTexts, type Known } from '../protocol/index.ts'
import type { Policy } from './policy.ts'
import type { SessionBindings } from './sessions.ts'
import type { Way } from './ways.ts'

/** Exact addresses, or a test of one. */
export type TrustedProxies = readonly string[] | ((address: string) => boolean)

/** What a guard is told; all of it is checked at construction. */
export interface GuardOptions {
  /**
   * The MCP endpoint as callers reach it: absolute, https (http on this machine), without query and fragment. Tokens
   * must be issued for it (RFC 8707 §2). It is never taken from a request: `Host` and forwarded headers have no say.
   */
  readonly resource: string | URL
  /** The ways in, at least one: `apiKeys(store)`, `apiKeys.fromEnv(NAME)`, `oauth(…)`, `jwt(…)`, `unlisted(store)`, `publicAccess()`. */
  readonly access: readonly Way[]
  /** What keys are issued for, and what the record calls it. Default: the last part of the path that is not `mcp`. */
  readonly name?: string
  /** Default: `policy()`: a tool needs `mcp:write`, contents need `mcp:read`; a key without limits holds both. */
  readonly policy?: Policy
  /** Credentials of this tenant only. Default: of any. */
  readonly tenant?: string
  /** What a client asks for first, by OAuth. Default: the scopes that the policy names. */
  readonly baseScopes?: readonly string[]
  /** Methods beyond those of MCP that may be called, by callers without limits. */
  readonly methods?: readonly string[]
  /** How much is let in of what is permitted: `limits([…])` of `@portcullis/auth/limits`. Default: no limits. */
  readonly limits?: Limits
  /** Told of every request that was authenticated when it has ended, and of counted refusals. What it throws is warned of. */
  readonly onEvent?: (event: AuditEvent) => void
  /** Told of what weakens this guard, once each. Default: `console.warn`. */
  readonly onWarning?: (text: string) => void
  /** Whose a legacy session is. Default: in memory. */
  readonly sessions?: SessionBindings
  /** Whose `X-Forwarded-For` counts, for the record. Default: nobody's. */
  readonly trustedProxies?: TrustedProxies
  /** Current time, in seconds since the epoch. Default: the system clock. */
  readonly now?: () => number
}

const KNOWN: Known<GuardOptions> = {
  resource: true,
  access: true,
  name: true,
  policy: true,
  tenant: true,
  baseScopes: true,
  methods: true,
  limits: true,
  onEvent: true,
  onWarning: true,
  sessions: true,
  trustedProxies: true,
  now: true,
}
const WAYS: ReadonlySet<unknown> = new Set(['api-key', 'oauth', 'jwt', 'unlisted', 'public'])
const NAMES = 'apiKeys(store), oauth({ issuer }), jwt(…), unlisted(store) or publicAccess()'

/** The shape of what a guard is told; what it says is checked where it is settled. @throws {TypeError} */
export function checkShape(options: GuardOptions): void {
  if (!isOptions(options))
    throw new TypeError('guard() needs its options: write guard({ resource, access: [apiKeys(store)] })')
  expectKnown(options, KNOWN)
  checkAccess(options.access)
  const { policy, limits, trustedProxies, tenant, sessions } = membersOf(options)
  if (policy !== undefined && !isPolicy(policy))
    throw new TypeError('"policy" is made by policy(): wrap it in policy({…})')
  if (limits !== undefined && !isLimits(limits))
    throw new TypeError('"limits" is made by limits() of @portcullis/auth/limits: wrap it in limits([…])')
  for (const name of ['onEvent', 'onWarning', 'now'] as const) {
    if (options[name] === undefined || typeof options[name] === 'function') continue
    throw new TypeError(`"${name}" must be a function`)
  }
  for (const name of ['baseScopes', 'methods'] as const) {
    if (options[name] === undefined || isTexts(options[name])) continue
    throw new TypeError(
      `"${name}" must be a list of texts: ${name === 'methods' ? "['vendor/method']" : "['notes:read']"}`,
    )
  }
  if (tenant !== undefined && !isTexts([tenant])) throw new TypeError('"tenant" must be the name of a tenant')
  if (sessions !== undefined && !isOptions(sessions)) {
    throw new TypeError('"sessions" must be memoryBindings(), or a store of your own')
  }
  checkProxies(trustedProxies)
}

/** Whether something was made by `policy()`, as far as that can be seen. */
export function isPolicy(value: unknown): boolean {
  const { rules, scopes } = membersOf(value)
  return typeof membersOf(rules).of === 'function' && isOptions(scopes)
}

function membersOf(value: unknown): Readonly<Record<string, unknown>> {
  return isObject(value) ? value : {}
}

function checkAccess(access: unknown): void {
  if (isOptions(access)) throw new TypeError('"access" must be a list: write access: [apiKeys(store)]')
  if (!Array.isArray(access)) return // none: the one who settles it says what that would mean
  for (const [at, way] of access.entries()) {
    if (WAYS.has(membersOf(way).kind)) continue
    const problem = typeof way === 'function' ? 'is a function that nobody has called' : 'is no way in'
    throw new TypeError(`"access[${at}]" ${problem}: write ${NAMES}`)
  }
}

/** A limiter, which counts and knows no rules, is none. */
function isLimits(value: unknown): boolean {
  const { rules, take } = membersOf(value)
  return Array.isArray(rules) && typeof take === 'function'
}

function checkProxies(trusted: unknown): void {
  if (trusted === undefined || typeof trusted === 'function') return
  const instead = "exact addresses, ['10.0.0.7'], or for ranges a function (address) => boolean"
  if (!Array.isArray(trusted)) throw new TypeError(`"trustedProxies" must be ${instead}`)
  const wrong: unknown = trusted.find((each) => typeof each !== 'string' || networkOf(each) === undefined)
  if (wrong !== undefined)
    throw new TypeError(`"trustedProxies" must be ${instead}: ${JSON.stringify(wrong)} is no address`)
}
