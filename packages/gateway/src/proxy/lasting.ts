/** A call that may last; linked here while it is on its way and nobody watches its credential yet. */
export abstract class LastingCall {
  before: LastingCall | undefined
  after: LastingCall | undefined
  /** Called once, when it has lasted. */
  abstract watch(): void
}

/** After so long a call that is still unanswered is watched, in milliseconds: with the watch's own 200, within 250. */
const LASTS_MS = 25

/**
 * Finds the calls that last. Most are answered before anybody looks and cost two links; what has been answered is not
 * held on to.
 */
export class Lasting {
  private newest: LastingCall | undefined
  private timer: NodeJS.Timeout | undefined

  add(call: LastingCall): void {
    call.before = this.newest
    if (this.newest !== undefined) this.newest.after = call
    this.newest = call
    this.timer ??= setTimeout(() => this.look(), LASTS_MS).unref()
  }

  remove(call: LastingCall): void {
    const { before, after } = call
    if (before !== undefined) before.after = after
    if (after !== undefined) after.before = before
    else if (this.newest === call) this.newest = before
    call.before = undefined
    call.after = undefined
  }

  private look(): void {
    this.timer = undefined
    while (this.newest !== undefined) {
      const call = this.newest
      this.remove(call)
      call.watch()
    }
  }
}
