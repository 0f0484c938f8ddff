import { expectKnown, isOptions, isTexts, type Known } from '../protocol/index.ts'
import type { GuardOptions } from './options.ts'

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
const LIMITS: Known<NonNullable<GuardOptions['limits']>> = { rules: true, limiter: true }
const WAYS: ReadonlySet<unknown> = new Set(['api-key', 'oauth', 'jwt', 'unlisted', 'public'])
const NAMES = 'apiKeys(store), oauth({ issuer }), jwt(…), unlisted(store) or publicAccess()'

/** The shape of what a guard is told; what it says is checked where it is settled. @throws {TypeError} */
export function checkShape(options: GuardOptions): void {
  if (!isOptions(options)) throw new TypeError('guard() needs its options: write guard({ resource, access: [apiKeys(store)] })')
  expectKnown(options, KNOWN)
  checkAccess(options.access)
  const { policy, limits, trustedProxies, tenant, sessions }: Readonly<Record<string, unknown>> = options
  if (policy !== undefined && !isPolicy(policy)) throw new TypeError('"policy" is made by policy(): wrap it in policy({…})')
  if (limits !== undefined) checkLimits(limits)
  for (const name of ['onEvent', 'onWarning', 'now'] as const) {
    if (options[name] === undefined || typeof options[name] === 'function') continue
    throw new TypeError(`"${name}" must be a function`)
  }
  for (const name of ['baseScopes', 'methods'] as const) {
    if (options[name] === undefined || isTexts(options[name])) continue
    throw new TypeError(`"${name}" must be a list of texts: ${name === 'methods' ? "['vendor/method']" : "['notes:read']"}`)
  }
  if (tenant !== undefined && !isTexts([tenant])) throw new TypeError('"tenant" must be the name of a tenant')
  if (sessions !== undefined && !isOptions(sessions)) {
    throw new TypeError('"sessions" must be a store of sessions: memoryBindings(), or one of your own')
  }
  checkProxies(trustedProxies)
}

/** Whether something was made by `policy()`, as far as that can be seen. */
export function isPolicy(value: unknown): boolean {
  return isOptions(value) && isOptions(value.rules) && typeof value.rules.of === 'function' && isOptions(value.scopes)
}

function checkAccess(access: unknown): void {
  if (isOptions(access)) throw new TypeError('"access" must be a list: write access: [apiKeys(store)]')
  if (!Array.isArray(access)) return // none: the one who settles it says what that would mean
  for (const [at, way] of access.entries()) {
    if (isOptions(way) && WAYS.has(way.kind)) continue
    const problem = typeof way === 'function' ? 'is a function that nobody has called' : 'is no way in'
    throw new TypeError(`"access[${at}]" ${problem}: write ${NAMES}`)
  }
}

function checkLimits(limits: unknown): void {
  if (!isOptions(limits) || !Array.isArray(limits.rules)) {
    throw new TypeError('"limits" must be { rules: [{ name, per, limit, windowSeconds }] }')
  }
  expectKnown(limits, LIMITS, '"limits"')
  const { limiter } = limits
  if (limiter !== undefined && !(isOptions(limiter) && typeof limiter.take === 'function')) {
    throw new TypeError('"limits.limiter" must have a function "take": memoryLimiter(), or one of your own')
  }
}

/** What an address is written with; a range is none. */
const ADDRESS = /^(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9a-fA-F:]*:[0-9a-fA-F:.]*)$/

function checkProxies(trusted: unknown): void {
  if (trusted === undefined || typeof trusted === 'function') return
  const instead = "exact addresses, ['10.0.0.7'], or for ranges a function (address) => boolean"
  if (!Array.isArray(trusted)) throw new TypeError(`"trustedProxies" must be ${instead}`)
  const wrong: unknown = trusted.find((each) => typeof each !== 'string' || !ADDRESS.test(each))
  if (wrong !== undefined) throw new TypeError(`"trustedProxies" must be ${instead}: ${JSON.stringify(wrong)} is no address`)
}
