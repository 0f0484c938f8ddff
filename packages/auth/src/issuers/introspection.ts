import type { MaybePromise } from '../crypto/index.ts'
import type { Claims } from '../protocol/index.ts'
import { Recent } from '../recent/index.ts'
import { type Asking, askJson, type Fetch } from './ask.ts'
import type { ClaimReader, Payload } from './claims.ts'
import { IssuerFault } from './fault.ts'
import type { Introspection } from './issuer.ts'
import type { IntrospectionOptions } from './options.ts'

/** Of an answer: what it says of one token. */
const MOST_BYTES = 64 * 1024
/** In milliseconds. */
const LONGEST_MS = 5000
/** Questions under way at once; more tokens are refused unasked, for a flood of them must not become the issuer's. */
export const MOST_QUESTIONS = 100
/** Of those, about tokens that were never seen to be active: made-up ones must not keep out the good ones. */
export const MOST_UNKNOWN = MOST_QUESTIONS / 2
/** Answers kept at most, half of them young, good and bad ones apart; only where `maxAge` is set. */
const MOST_ANSWERS = 10_000

export interface IntrospectionTerms {
  readonly options: IntrospectionOptions
  readonly issuer: string
  readonly claims: ClaimReader
  /** Where to ask, where the options do not say. */
  readonly endpoint: () => Promise<string>
  readonly clients: readonly string[] | undefined
  readonly requires: Readonly<Record<string, string>>
  readonly fetch: Fetch
  /** Current time, in seconds since the epoch. */
  readonly now: () => number
}

interface Answer {
  readonly claims: Claims | undefined
  /** Seconds since the epoch: when the question was asked. */
  readonly at: number
}

/**
 * Asks an issuer what a token is worth (RFC 7662 §2). Each request asks unless `maxAge` is set; of any number of callers
 * with one token one asks. Answers are kept under the token's SHA-256.
 */
export function introspectionOf(terms: IntrospectionTerms): Introspection {
  const { options, now } = terms
  const { takes = 'opaque', maxAge = 0 } = options
  const questions = new Map<string, Promise<Claims | undefined>>()
  let unknown = 0
  const good = new Recent<Answer>(MOST_ANSWERS)
  // Apart: a flood of what is nobody's drives out nothing that is somebody's.
  const bad = new Recent<Answer>(MOST_ANSWERS)
  const seen = new Recent<true>(MOST_ANSWERS)

  return {
    takes,
    maxAge,
    ask(token, name, spareId): MaybePromise<Claims | undefined> {
      const at = now()
      if (maxAge > 0) {
        const known = good.find(name) ?? bad.find(name)
        if (known !== undefined && at - known.at < maxAge) return known.claims
      }
      const asked = questions.get(name)
      if (asked !== undefined) return asked
      const isUnknown = seen.find(name) === undefined
      if (questions.size >= MOST_QUESTIONS || (isUnknown && unknown >= MOST_UNKNOWN)) {
        throw new IssuerFault('busy', `${terms.issuer} is asked as many questions as it may be`)
      }
      if (isUnknown) unknown++
      const question = put(terms, token, spareId)
        .then((claims) => {
          if (claims !== undefined) seen.keep(name, true)
          if (maxAge > 0) (claims === undefined ? bad : good).keep(name, { claims, at })
          return claims
        })
        .finally(() => {
          if (isUnknown) unknown--
          questions.delete(name)
        })
      questions.set(name, question)
      return question
    },
  }
}

async function put(terms: IntrospectionTerms, token: string, spareId: string): Promise<Claims | undefined> {
  const { options, fetch, endpoint } = terms
  const { clientId, clientSecret, method = 'client_secret_basic' } = options
  const form = new URLSearchParams({ token, token_type_hint: 'access_token' })
  const headers: Record<string, string> = {}
  if (method === 'client_secret_basic') headers.authorization = basic(clientId, clientSecret)
  else {
    form.set('client_id', clientId)
    form.set('client_secret', clientSecret)
  }
  const asking: Asking = { fetch, bytes: MOST_BYTES, milliseconds: LONGEST_MS }
  const url = options.endpoint ?? (await endpoint())
  return readAnswer(await askJson(url, asking, { form, headers }), terms, spareId)
}

/** Both halves as a form would have them (RFC 6749 §2.3.1). */
function basic(clientId: string, clientSecret: string): string {
  const encode = (text: string) => new URLSearchParams({ a: text }).toString().slice(2)
  return `Basic ${btoa(`${encode(clientId)}:${encode(clientSecret)}`)}`
}

/** @throws {IssuerFault} for an answer that does not even say whether the token is active. */
function readAnswer(
  answer: Payload,
  { issuer, claims, clients, requires }: IntrospectionTerms,
  spareId: string,
): Claims | undefined {
  const { active, iss, token_type } = answer
  if (typeof active !== 'boolean')
    throw new IssuerFault('content', `${issuer} does not say whether the token is active`)
  if (!active || (iss !== undefined && iss !== issuer)) return undefined
  // A refresh token is active, too, and opens nothing. What is bound to a key has `cnf`, which is looked at later.
  if (token_type !== undefined && !/^(?:bearer|dpop|access_token)$/i.test(String(token_type))) return undefined
  for (const [name, value] of Object.entries(requires)) if (answer[name] !== value) return undefined
  const read = claims.read(answer, spareId)
  if (read === undefined) return undefined
  return clients === undefined || clients.includes(read.clientId) ? read : undefined
}
