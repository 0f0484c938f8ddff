/** How long after a denial a refresh is taken for the client's answer to it, in seconds. */
const WINDOW_SECONDS = 10
/** The most denials that are remembered. */
const MOST = 10_000

/**
 * Grants whose client was just refused a call for want of scope. There are clients (the official SDK, version 1) that
 * answer such a challenge with their refresh token, get the same scope again, and give up. The first refresh after a
 * denial is therefore answered that a person has to be asked, which leads them there; the next one is served.
 */
export class StepUps {
  private readonly denied = new Map<string, number>()
  private readonly now: () => number

  /** @param now Current time, seconds since the epoch. */
  constructor(now: () => number) {
    this.now = now
  }

  /** Whether anything is remembered at all. */
  get isIdle(): boolean {
    return this.denied.size === 0
  }

  note(grantId: string): void {
    this.denied.delete(grantId)
    if (this.denied.size >= MOST) this.denied.delete(this.denied.keys().next().value as string)
    this.denied.set(grantId, this.now() + WINDOW_SECONDS)
  }

  /** Whether a client of this grant was refused a moment ago. Once for each denial. */
  take(grantId: string): boolean {
    const until = this.denied.get(grantId)
    this.denied.delete(grantId)
    return until !== undefined && until > this.now()
  }
}
