import type { Take, Taken } from './limiter.ts'

/**
 * What a caller is told of its limits (draft-ietf-httpapi-ratelimit-headers-11): each rule in `RateLimit-Policy`, how it
 * stands in `RateLimit`, and `Retry-After` (RFC 9110 §10.2.3) where a rule had no room. Rules that had room are left
 * out then: their windows may end later, and no window that is shown may (§6).
 *
 * `t` is the time in which what remains is used up at the pace of the rule: who keeps to it is never refused (§8.5). Where
 * nothing remains, or not enough, it is the time until there is. Of a rule that counted several keys, the lowest is told.
 *
 * @returns [name, value, …], lower-case names.
 */
export function limitFields(takes: readonly Take[], taken: readonly Taken[]): readonly string[] {
  const isRefused = taken.some(({ allowed }) => !allowed)
  const told = new Map<string, Standing>()
  for (const [at, { rule, limit, windowSeconds }] of takes.entries()) {
    const one = taken[at] as Taken
    if (isRefused && one.allowed) continue
    const known = told.get(rule)
    if (known === undefined || isTighter(one, known)) told.set(rule, { ...one, limit, windowSeconds })
  }
  if (told.size === 0) return []
  const rules = [...told]
  const policy = rules.map(([name, { limit, windowSeconds }]) => `"${name}";q=${limit};w=${windowSeconds}`)
  const standings = rules.map(([name, one]) => `"${name}";r=${one.remaining};t=${paceOf(one)}`)
  const fields = ['ratelimit-policy', policy.join(', '), 'ratelimit', standings.join(', ')]
  if (!isRefused) return fields
  const seconds = Math.max(...rules.map(([, { retryAfterSeconds }]) => retryAfterSeconds))
  return [...fields, 'retry-after', String(seconds)]
}

interface Standing extends Taken {
  readonly windowSeconds: number
}

function isTighter(one: Taken, other: Taken): boolean {
  if (one.retryAfterSeconds !== other.retryAfterSeconds) return one.retryAfterSeconds > other.retryAfterSeconds
  return one.remaining < other.remaining
}

function paceOf({ allowed, remaining, limit, windowSeconds, resetSeconds, retryAfterSeconds }: Standing): number {
  if (!allowed) return retryAfterSeconds
  if (remaining > 0) return Math.ceil((remaining * windowSeconds) / limit)
  return Math.max(1, Math.ceil(resetSeconds - windowSeconds + windowSeconds / limit))
}
