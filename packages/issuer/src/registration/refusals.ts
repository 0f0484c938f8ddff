import type { OnIssuerEvent } from '../events.ts'
import { Tally } from '../limits/index.ts'

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
  private readonly tally = new Tally()

  constructor(onEvent: OnIssuerEvent) {
    this.onEvent = onEvent
  }

  /** @param network The one that is named, of all that the event counts: the last. */
  note(status: number, network: string, now: number): void {
    const reason = REASONS[status] ?? 'other'
    const count = this.tally.note(reason, now)
    if (count === undefined) return
    this.onEvent({ type: 'registration.refused', actor: 'client', detail: { reason, network, count } })
  }
}
