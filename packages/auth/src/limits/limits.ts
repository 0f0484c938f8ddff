import { expectKnown, isOptions, isTexts, type Known, matchAny, type NameTest } from '../protocol/index.ts'
import { limitFields } from './fields.ts'
import type { Limiter, Take, Taken } from './limiter.ts'
import { memoryLimiter } from './memory.ts'

/**
 * How much is let in.
 *
 * - `principal`: of each caller, whatever it asks for; with `tools`, its calls of those tools together.
 * - `tool`: of each caller and tool; with `tools`, of those tools only.
 * - `server`: of all callers of a server together; with `tools`, their calls of those tools.
 */
export interface LimitRule {
  /** Callers read it in `RateLimit` fields. 1 to 64 characters of A-Z, a-z, 0-9, ".", "_", "-"; each once. */
  readonly name: string
  readonly per: 'principal' | 'tool' | 'server'
  /** Tool names, in which `*` stands for any characters. Absent: all requests; where it is `per: 'tool'`, all tools. */
  readonly tools?: readonly string[]
  /** Units that may be taken at once, and that come back evenly within the window. 1 to 1 000 000 000. */
  readonly limit: number
  /** 1 to 31 536 000, a year. */
  readonly windowSeconds: number
  /** Units that one request takes, or one call where the rule is about tools. 1 to `limit`; default 1. */
  readonly cost?: number
}

/** A request, as far as limits look at it. */
export interface LimitedRequest {
  /** The server's name. */
  readonly server: string
  /** Who asks, as one text: `principalKey` of the guard. */
  readonly principal: string
  /** What it calls, once for each call of a batch; empty where it calls nothing. */
  readonly tools: readonly string[]
  /** How many requests it is: a batch may hold several. Default: as many as it calls, one at least. */
  readonly requests?: number
}

/** What limits say of a request. */
export interface LimitVerdict {
  readonly allowed: boolean
  /** Names of the rules that had no room. */
  readonly exceeded: readonly string[]
  /** When it may come again, in seconds; 0 where it is allowed. */
  readonly retryAfterSeconds: number
  /** `RateLimit-Policy`, `RateLimit` and, where it is not allowed, `Retry-After`: [name, value, …], lower-case names. */
  readonly headers: readonly string[]
}

const UNLIMITED: LimitVerdict = { allowed: true, exceeded: [], retryAfterSeconds: 0, headers: [] }

/** Rules, and where what they let in is counted. Made by `limits()`. */
export interface Limits {
  readonly rules: readonly LimitRule[]
  /**
   * To be asked once for each request, when it is known to be permitted.
   * @param now Seconds since the epoch.
   * @throws when the limiter does not answer.
   */
  take(request: LimitedRequest, now: number): LimitVerdict | Promise<LimitVerdict>
}

/**
 * Holds requests to all rules at once: the most restrictive one governs, and what one refuses is taken of none.
 *
 *     limits([{ name: 'calls', per: 'principal', limit: 100, windowSeconds: 60 }])
 *
 * @param limiter Where it is counted. Default: in the memory of this process, of these limits alone.
 * @throws {TypeError} for a rule that is wrong, by its place and what to write instead.
 */
export function limits(rules: readonly LimitRule[], limiter: Limiter = memoryLimiter()): Limits {
  if (!Array.isArray(rules)) throw new TypeError('limits() takes a list: [{ name, per, limit, windowSeconds }]')
  if (typeof limiter?.take !== 'function') {
    throw new TypeError('the limiter of limits() must have a function "take": memoryLimiter(), or one of your own')
  }
  const compiled = Object.freeze(rules.map(compile))
  const names = new Set(compiled.map(({ name }) => name))
  if (names.size < compiled.length) throw new TypeError('the rules of limits must have different names')
  return {
    rules: compiled,
    take(request, now) {
      const takes = compiled.flatMap((rule) => takesOf(rule, request))
      if (takes.length === 0) return UNLIMITED
      const taken = limiter.take(takes, now)
      return taken instanceof Promise ? taken.then((late) => toVerdict(takes, late)) : toVerdict(takes, taken)
    },
  }
}

interface Compiled extends LimitRule {
  readonly cost: number
  readonly isAbout: NameTest | undefined
}

const NAME = /^[A-Za-z0-9._-]{1,64}$/
const KNOWN: Known<LimitRule> = { name: true, per: true, tools: true, limit: true, windowSeconds: true, cost: true }

function compile(rule: LimitRule, at: number): Compiled {
  const fault = (what: string) => new TypeError(`limits: rule ${at + 1}: ${what}`)
  if (!isOptions(rule)) throw fault('write { name, per, limit, windowSeconds }')
  expectKnown(rule, KNOWN, `rule ${at + 1} of limits`)
  const { name, per, tools, limit, windowSeconds, cost = 1 } = rule
  if (typeof name !== 'string' || !NAME.test(name))
    throw fault('"name" must be 1 to 64 characters of A-Z, a-z, 0-9, ".", "_", "-"')
  if (!['principal', 'tool', 'server'].includes(per)) throw fault('"per" must be "principal", "tool" or "server"')
  if (!isWhole(limit, 1_000_000_000)) throw fault('"limit" must be a whole number from 1 to 1000000000')
  if (!isWhole(windowSeconds, 31_536_000)) throw fault('"windowSeconds" must be whole seconds from 1 to a year')
  if (!isWhole(cost, limit)) throw fault('"cost" must be a whole number from 1 to "limit"')
  if (tools !== undefined && !isTexts(tools)) throw fault(`"tools" must be a list of tool names: ['read_*']`)
  if (tools?.length === 0) throw fault('"tools" must name a tool; leave it out for all')
  const isAbout = tools !== undefined ? matchAny(tools) : per === 'tool' ? () => true : undefined
  return Object.freeze({ name, per, limit, windowSeconds, cost, isAbout })
}

function isWhole(value: number, max: number): boolean {
  return Number.isSafeInteger(value) && value >= 1 && value <= max
}

/** Longer names of tools are counted together: no call may choose how much is kept of it. In UTF-16 units. */
const MAX_TOOL = 128

function takesOf(
  rule: Compiled,
  { server, principal, tools, requests = tools.length }: LimitedRequest,
): readonly Take[] {
  const { name, per, limit, windowSeconds, isAbout } = rule
  const calls = isAbout === undefined ? undefined : tools.filter(isAbout)
  if (calls?.length === 0) return []
  const take = (key: string, count: number): Take => {
    const owner = per === 'server' ? '' : principal
    return { key, owner, rule: name, cost: rule.cost * count, limit, windowSeconds }
  }
  // With its length no text of one principal is another's with a tool.
  const caller = `${server} ${principal.length} ${principal}`
  if (per === 'tool' && calls !== undefined) {
    return calls.map((tool) => take(`${caller} ${tool.length > MAX_TOOL ? '' : tool}`, 1))
  }
  // A batch is as many requests as it holds; what holds none (a notification) is one.
  const count = calls?.length ?? Math.max(1, requests)
  return [take(per === 'server' ? server : caller, count)]
}

/** @throws {TypeError} where a limiter of somebody else's says something that is no answer: who is in doubt lets nobody in. */
function toVerdict(takes: readonly Take[], taken: readonly Taken[]): LimitVerdict {
  // By `from`, since `every` passes over what is missing in the middle.
  const isAnswer = Array.isArray(taken) && taken.length === takes.length && Array.from(taken).every(isTaken)
  if (!isAnswer) throw new TypeError('a limiter must answer each take by { allowed: true or false, …numbers }')
  const refused = takes.flatMap(({ rule }, at) => (taken[at]?.allowed === false ? [rule] : []))
  const retryAfterSeconds = Math.max(0, ...taken.map((one) => one.retryAfterSeconds))
  return {
    allowed: refused.length === 0,
    exceeded: [...new Set(refused)],
    retryAfterSeconds,
    headers: limitFields(takes, taken),
  }
}

function isTaken(one: Taken | undefined): boolean {
  const { allowed, limit, remaining, resetSeconds, retryAfterSeconds } = one ?? {}
  return typeof allowed === 'boolean' && [limit, remaining, resetSeconds, retryAfterSeconds].every(Number.isFinite)
}
