import type { Era } from '@portcullis/auth/protocol'
import type { UpstreamFailure } from '../upstream.ts'
import type { Place } from './budget.ts'
import { Child } from './child.ts'
import type { Settings } from './options.ts'
import { Restarts } from './restarts.ts'

/** Seconds after which a caller may come again where all children are busy. */
const BUSY_SECONDS = 5

export interface StartOptions {
  readonly principalKey: string
  readonly era: Era
  /**
   * That it exits without a word is no failure to start: some legacy libraries exit on anything but `initialize`,
   * so a server asked for its era may do so.
   */
  readonly mayExit?: boolean
}

/** Starts the children of one server, within the budget and not again at once where they do not come up. */
export class Children {
  readonly #settings: Settings
  readonly #restarts = new Restarts()
  readonly #onFailedStart: () => void
  readonly #living = new Set<Child>()
  #isClosed = false

  constructor(settings: Settings, onFailedStart: () => void) {
    this.#settings = settings
    this.#onFailedStart = onFailedStart
  }

  /** Resolves before the child has said anything: whether it comes up is heard by whoever listens. */
  async start(options: StartOptions): Promise<Child | UpstreamFailure> {
    const { name, budget, maxPerPrincipal } = this.#settings
    const refused = this.#refusal()
    if (refused !== undefined) return refused
    const place = budget.claim(JSON.stringify([name, options.principalKey]), maxPerPrincipal)
    if (place === undefined) return busy('all children are busy', BUSY_SECONDS)
    await place.cleared
    const refusedMeanwhile = this.#refusal()
    if (refusedMeanwhile !== undefined) {
      place.release()
      return refusedMeanwhile
    }
    try {
      return this.#launch(place, options)
    } catch (error) {
      place.release()
      return { reason: 'unreachable', detail: `the server could not be started: ${String(error)}` }
    }
  }

  /** Ends all, and starts no more. */
  async close(): Promise<void> {
    this.#isClosed = true
    await Promise.all([...this.#living].map((child) => child.end('closing')))
  }

  #launch(place: Place, { era, mayExit = false }: StartOptions): Child {
    const startedAt = this.#settings.now()
    const child = new Child(this.#settings, era, {
      up: () => this.#restarts.succeeded(),
      stillborn: (ran) => !(ran && mayExit) && this.#fail(startedAt),
      // What a child leaves behind may take a moment to end: until then its place is taken, and can be waited for.
      vanished: () => {
        this.#living.delete(child)
        place.release()
      },
    })
    place.occupant = child
    this.#living.add(child)
    return child
  }

  #refusal(): UpstreamFailure | undefined {
    if (this.#isClosed) return { reason: 'unreachable', detail: 'the gate is closing' }
    const wait = this.#restarts.wait(this.#settings.now())
    return wait > 0 ? busy('the command did not come up a moment ago', Math.ceil(wait / 1000)) : undefined
  }

  #fail(startedAt: number): true {
    this.#restarts.failed(startedAt, this.#settings.now())
    this.#onFailedStart()
    return true
  }
}

function busy(detail: string, retryAfter: number): UpstreamFailure {
  return { reason: 'busy', detail, retryAfter }
}
