import type { Refusal } from '@portcullis/auth/guard'
import { readAuthorization, readJwt } from '@portcullis/auth/protocol'
import type { Log } from '../log/index.ts'

/** For how long one reason at one server is told once, in milliseconds. */
const ROUND_MS = 10_000
/** Characters of an identifier that a token names; longer ones are left out. */
const MAX_NAME = 200
const MAX_NAMES = 5
/** Characters of a field that is looked into. */
const MAX_FIELD = 20_000

interface Round {
  readonly until: number
  untold: number
}

/**
 * Tells the operator why tokens do not count, which no caller is told: nobody could set an issuer up otherwise. One line
 * for each reason at each server in ten seconds, with how many were left out before it. Never the token.
 */
export class TurnedAway {
  private readonly log: Log
  private readonly now: () => number
  /** As many as there are servers and reasons. */
  private readonly rounds = new Map<string, Round>()

  /** @param now In milliseconds. */
  constructor(log: Log, now: () => number = Date.now) {
    this.log = log
    this.now = now
  }

  /** @param authorization The field that the token came in. */
  tell(server: string, refusal: Refusal, authorization: string | undefined): void {
    const because = codeOf(refusal)
    if (because === undefined) return
    const key = `${server} ${because}`
    const last = this.rounds.get(key)
    const now = this.now()
    if (last !== undefined && now < last.until) {
      last.untold++
      return
    }
    this.rounds.set(key, { until: now + ROUND_MS, untold: 0 })
    const issuer = issuerIn(authorization)
    const audience = refusal.reason === 'token_elsewhere' ? refusal.audience.filter(isShort).slice(0, MAX_NAMES) : []
    this.log.warn(
      {
        ...{ server, because },
        ...(issuer === undefined ? {} : { issuer }),
        ...(audience.length === 0 ? {} : { audience }),
        ...(last === undefined || last.untold === 0 ? {} : { untold: last.untold }),
      },
      'an access token was refused',
    )
  }
}

/** Expired, revoked and missing ones are what every client sees every day. */
function codeOf(refusal: Refusal): string | undefined {
  if (refusal.reason === 'token_invalid') return refusal.because
  return refusal.reason === 'token_elsewhere' ? 'audience' : undefined
}

/** What the token says of its issuer, proven or not: only where it is an address, for strangers can write anything there. */
function issuerIn(authorization = ''): string | undefined {
  if (authorization.length > MAX_FIELD) return undefined
  const field = readAuthorization(authorization)
  const iss = field.kind === 'bearer' ? readJwt(field.token)?.payload.iss : undefined
  if (typeof iss !== 'string' || !isShort(iss)) return undefined
  return /^https?:\/\/[\w.:[\]-]+(?:\/[\w.~%/-]*)?$/.test(iss) ? iss : undefined
}

function isShort(name: string): boolean {
  return name.length <= MAX_NAME
}
