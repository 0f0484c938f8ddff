import type { OnIssuerEvent } from '../events.ts'

/** How often one kind of refusal is told of, in seconds: a flood is one event a minute that says how many there were. */
const INTERVAL = 60

const REASONS: Readonly<Record<number, string>> = {
  400: 'invalid',
  401: 'not_invited',
  405: 'method',
  429: 'too_many_of_network',
  503: 'too_many_unused',
}

/** Tells of refused registrations, counted by reason. */
export class Refusals {
  private readonly onEvent: OnIssuerEvent
  private readonly counts = new Map<string, { count: number; toldAt: number }>()

  constructor(onEvent: OnIssuerEvent) {
    this.onEvent = onEvent
  }

  /** @param network The one that is named, of all that the event counts: the last. */
  note(status: number, network: string, now: number): void {
    const reason = REASONS[status] ?? 'other'
    const { count, toldAt } = this.counts.get(reason) ?? { count: 0, toldAt: Number.NEGATIVE_INFINITY }
    if (now - toldAt < INTERVAL) {
      this.counts.set(reason, { count: count + 1, toldAt })
      return
    }
    this.counts.set(reason, { count: 0, toldAt: now })
    this.onEvent({ type: 'registration.refused', actor: 'client', detail: { reason, network, count: count + 1 } })
  }
}
