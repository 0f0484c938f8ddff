import type { CredentialDirectory } from './directory.ts'
import type { Principal } from './verdict.ts'

/**
 * Streams that stay open on the strength of a credential, and end with it. A request is checked once, at its start;
 * what outlives the check is watched here.
 */
export class Watch {
  private readonly watched = new Map<string, Set<() => void>>()
  private readonly directory: CredentialDirectory
  private readonly now: () => number

  constructor(directory: CredentialDirectory, now: () => number) {
    this.directory = directory
    this.now = now
  }

  /** How many credentials have something open. */
  get size(): number {
    return this.watched.size
  }

  /**
   * Calls `end` once, at the first `look` after the credential was revoked or has expired.
   * @returns stops watching.
   */
  until(principal: Principal, end: () => void): () => void {
    const { credentialId } = principal
    const ends = this.watched.get(credentialId) ?? new Set()
    if (ends.size === 0) this.watched.set(credentialId, ends)
    ends.add(end)
    return () => {
      ends.delete(end)
      if (ends.size === 0 && this.watched.get(credentialId) === ends) this.watched.delete(credentialId)
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
      await this.directory.freshen()
    } catch {
      isAnswering = false
    }
    const failures: unknown[] = []
    for (const [credentialId, ends] of this.watched) {
      // Nobody's streams stand on no credential.
      if (credentialId === '' || (isAnswering && (await this.isLive(credentialId)))) continue
      // Another look may have been quicker, and what is watched now may be new.
      if (this.watched.get(credentialId) !== ends) continue
      this.watched.delete(credentialId)
      for (const end of ends) {
        try {
          end()
        } catch (error) {
          failures.push(error)
        }
      }
    }
    if (failures.length > 0) throw failures[0]
  }

  private async isLive(credentialId: string): Promise<boolean> {
    try {
      const entry = await this.directory.find(credentialId)
      return entry !== undefined && entry.revokedAt === 0 && (entry.expiresAt === 0 || entry.expiresAt > this.now())
    } catch {
      return false
    }
  }
}
