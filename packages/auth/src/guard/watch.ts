import type { CredentialDirectory } from './directory.ts'
import { OPERATOR } from './fixed-keys.ts'
import type { TokenJudge } from './tokens.ts'
import type { Principal } from './verdict.ts'

/** What is open on one credential. */
interface Watched {
  readonly principal: Principal
  readonly ends: Set<() => void>
}

/**
 * Streams that stay open on the strength of a credential, and end with it. A request is checked once, at its start;
 * what outlives the check is watched here.
 */
export class Watch {
  readonly #watched = new Map<string, Watched>()
  readonly #directory: CredentialDirectory
  readonly #now: () => number
  readonly #tokens: TokenJudge | undefined

  constructor(directory: CredentialDirectory, now: () => number, tokens?: TokenJudge) {
    this.#directory = directory
    this.#now = now
    this.#tokens = tokens
  }

  /** How many credentials have something open. */
  get size(): number {
    return this.#watched.size
  }

  /**
   * Calls `end` once, at the first `look` after the credential was revoked or has expired.
   * @returns stops watching.
   */
  until(principal: Principal, end: () => void): () => void {
    const name = nameOfCredential(principal)
    const known = this.#watched.get(name)
    const watched = known ?? { principal, ends: new Set() }
    if (known === undefined) this.#watched.set(name, watched)
    watched.ends.add(end)
    return () => {
      watched.ends.delete(end)
      if (watched.ends.size === 0 && this.#watched.get(name) === watched) this.#watched.delete(name)
    }
  }

  /**
   * Looks at every watched credential once, and ends what no longer stands on one. To be called at least every 250 ms
   * while `size` is above zero. A store that does not answer ends everything: what cannot be checked is not open.
   * @throws what an `end` has thrown, after all of them were called.
   */
  async look(): Promise<void> {
    let isAnswering = true
    try {
      await this.#directory.freshen()
    } catch {
      isAnswering = false
    }
    const failures: unknown[] = []
    for (const [name, watched] of this.#watched) {
      // Nobody's streams stand on no credential.
      if (watched.principal.credentialId === '' || (isAnswering && (await this.#isLive(watched.principal)))) continue
      // Another look may have been quicker, and what is watched now may be new.
      if (this.#watched.get(name) !== watched) continue
      this.#watched.delete(name)
      for (const end of watched.ends) {
        try {
          end()
        } catch (error) {
          failures.push(error)
        }
      }
    }
    if (failures.length > 0) throw failures[0]
  }

  async #isLive(principal: Principal): Promise<boolean> {
    const { token, issuer, credentialId } = principal
    try {
      if (token !== undefined) return this.#tokens !== undefined && (await this.#tokens.endOf(principal)) === undefined
      if (issuer === OPERATOR) return true // good for as long as the process lives
      const entry = await this.#directory.find(credentialId)
      return entry !== undefined && entry.revokedAt === 0 && (entry.expiresAt === 0 || entry.expiresAt > this.#now())
    } catch {
      return false
    }
  }
}

/** Ids are unique to whoever gives them out: an issuer's token may be called what one of our keys is called. */
function nameOfCredential({ kind, issuer, credentialId }: Principal): string {
  return `${kind} ${issuer} ${credentialId}`
}
