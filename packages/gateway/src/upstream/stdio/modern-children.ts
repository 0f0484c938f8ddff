import { setTimeout as sleep } from 'node:timers/promises'
import type { UpstreamFailure } from '../upstream.ts'
import type { Child } from './child.ts'
import type { Children } from './children.ts'
import { discover, type EraMemory, type Finding } from './era.ts'
import { ModernChild, placeModern } from './modern-child.ts'
import type { Settings } from './options.ts'

/** A principal's child; or the server is of the other era; or there is no child to be had. */
export type Opened = ModernChild | 'legacy' | UpstreamFailure

/** One child per principal, opened when first needed; the first of all is asked for the server's era. */
export class ModernChildren {
  readonly #settings: Settings
  readonly #children: Children
  readonly #memory: EraMemory
  readonly #open = new Map<string, ModernChild>()
  readonly #opening = new Map<string, Promise<Opened>>()
  /** While a first child is asked for the era, which then holds for all. */
  #probing: Promise<Opened> | undefined

  constructor(settings: Settings, children: Children, memory: EraMemory) {
    this.#settings = settings
    this.#children = children
    this.#memory = memory
  }

  of(principalKey: string): ModernChild | undefined {
    const open = this.#open.get(principalKey)
    return open?.child.isEnding ? undefined : open
  }

  openFor(principalKey: string): Promise<Opened> {
    const opening = this.#opening.get(principalKey)
    if (opening !== undefined) return opening
    const begun = this.#begin(principalKey).finally(() => this.#opening.delete(principalKey))
    this.#opening.set(principalKey, begun)
    return begun
  }

  async #begin(principalKey: string): Promise<Opened> {
    while (this.#memory.known === undefined && this.#probing !== undefined) await this.#probing
    if (this.#memory.known === 'legacy') return 'legacy'
    if (this.#memory.known === 'modern') return this.#start(principalKey, false)
    this.#probing = this.#start(principalKey, true).finally(() => {
      this.#probing = undefined
    })
    return this.#probing
  }

  async #start(principalKey: string, isProbe: boolean): Promise<Opened> {
    const child = await this.#children.start({ principalKey, era: 'modern', mayExit: isProbe })
    if ('reason' in child) return child
    child.listen({
      unplaced: (text, message) => placeModern(child, text, message, this.#settings),
      gone: () => this.#open.get(principalKey)?.child === child && this.#open.delete(principalKey),
    })
    const opened = await this.#discover(child, isProbe)
    if (opened instanceof ModernChild) this.#open.set(principalKey, opened)
    return opened
  }

  /** Every child begins with our own `server/discover`: its answer says that the child is up, and of which era. */
  async #discover(child: Child, isProbe: boolean): Promise<Opened> {
    const { probeTimeoutMs, startTimeoutMs } = this.#settings
    const answer = discover(child.conversation, startTimeoutMs)
    const outcome = isProbe
      ? await Promise.race([answer, sleep(probeTimeoutMs, undefined, { ref: false })])
      : await answer
    if (outcome !== undefined) return this.#judge(child, outcome, isProbe)
    // A server that is only slow may still say what it is, and until then makes way for any other.
    this.#memory.suspectLegacy()
    child.makeExpendable()
    answer.then((late) => {
      if ('era' in late) this.#memory.learn(late.era)
      child.end('other_era')
    })
    return 'legacy'
  }

  #judge(child: Child, outcome: Finding | UpstreamFailure, isProbe: boolean): Opened {
    if ('era' in outcome) {
      this.#memory.learn(outcome.era)
      if (outcome.era === 'modern') return new ModernChild(child, outcome.versions, this.#settings)
      child.end('other_era')
      return outcome.era
    }
    child.end('handshake_failed')
    // Some legacy servers exit on anything but `initialize`, or never answer it.
    const isSilence = isProbe && outcome.reason !== 'broken' && child.program.pid !== undefined
    if (!isSilence) return outcome
    this.#memory.suspectLegacy()
    return 'legacy'
  }
}
