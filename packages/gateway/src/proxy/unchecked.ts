import { IssuerFault } from '@portcullis/auth/issuers'
import type { Log } from '../log/index.ts'

/** How often the number of those who could not be checked is logged, in milliseconds. */
const ROUND_MS = 10_000

/** Who did not answer: what the record calls it, and what the log says. */
const SILENT = {
  store_silent: { now: 'credentials cannot be checked', sum: 'credentials could not be checked' },
  issuer_silent: {
    now: 'tokens of an issuer cannot be checked: it does not give what that takes',
    sum: 'tokens of an issuer could not be checked',
  },
} as const

interface Round {
  readonly timer: NodeJS.Timeout
  count: number
}

/**
 * Tells the operator that credentials cannot be checked: the first time at once, then as a count. The database and each
 * issuer have rounds of their own, so that one that is down hides no other.
 */
export class Unchecked {
  private readonly log: Log
  private readonly rounds = new Map<string, Round>()

  constructor(log: Log) {
    this.log = log
  }

  /** @returns what the record calls it. */
  tell(server: string, error: unknown): keyof typeof SILENT {
    const reason = error instanceof IssuerFault ? 'issuer_silent' : 'store_silent'
    // A fault's message names the address that was asked, and nothing that a caller sent.
    const about = error instanceof IssuerFault ? error.message : ''
    const round = this.rounds.get(about)
    if (round !== undefined) {
      round.count++
      return reason
    }
    this.log.error({ server, err: error }, SILENT[reason].now)
    const timer = setInterval(() => this.sum(about, reason), ROUND_MS).unref()
    this.rounds.set(about, { timer, count: 0 })
    return reason
  }

  /** A round in which nobody came ends the counting. */
  private sum(about: string, reason: keyof typeof SILENT): void {
    const round = this.rounds.get(about)
    if (round === undefined) return
    if (round.count === 0) {
      clearInterval(round.timer)
      this.rounds.delete(about)
      return
    }
    this.log.error({ count: round.count, ...(about === '' ? {} : { because: about }) }, SILENT[reason].sum)
    round.count = 0
  }
}
