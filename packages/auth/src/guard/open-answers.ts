import { type Introspection, IssuerFault } from '../issuers/index.ts'
import { publicNameOf } from './proofs.ts'
import type { Principal, Verdict } from './verdict.ts'

/** What is open on a token is asked about again this often, in seconds, or as often as `maxAge` has it. */
export const ASK_AGAIN_SECONDS = 30

interface Asked {
  readonly introspection: Introspection
  readonly token: string
  readonly name: string
  /** Seconds since the epoch. */
  at: number
  isAsking: boolean
  hasEnded: boolean
}

/**
 * Tokens on which something may stay open and that only their issuer knows the end of. Each is kept for no longer than the
 * principal that it made.
 */
export class OpenAnswers {
  readonly #asked = new WeakMap<Principal, Asked>()
  readonly #now: () => number

  constructor(now: () => number) {
    this.#now = now
  }

  note(verdict: Verdict, introspection: Introspection, token: string, name: string): Verdict {
    if (verdict.kind === 'granted') {
      const asked = { introspection, token, name, at: this.#now(), isAsking: false, hasEnded: false }
      this.#asked.set(verdict.principal, asked)
    }
    return verdict
  }

  /** As far as is known now; asks the issuer beside it when that is old. What cannot be asked about has ended. */
  hasEnded(principal: Principal): boolean {
    const asked = this.#asked.get(principal)
    if (asked === undefined) return false
    const interval = Math.max(asked.introspection.maxAge, ASK_AGAIN_SECONDS)
    if (!asked.hasEnded && !asked.isAsking && this.#now() - asked.at >= interval) void this.#askAgain(asked)
    return asked.hasEnded
  }

  async #askAgain(asked: Asked): Promise<void> {
    const { introspection, token, name } = asked
    asked.isAsking = true
    asked.at = this.#now()
    try {
      asked.hasEnded = (await introspection.ask(token, name, publicNameOf(name))) === undefined
    } catch (error) {
      // Busy with others is no answer; it is tried at the next look.
      if (!(error instanceof IssuerFault) || error.code !== 'busy') asked.hasEnded = true
    } finally {
      asked.isAsking = false
    }
  }
}
