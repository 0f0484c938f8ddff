import type { MaybePromise } from '../crypto/index.ts'
import { importVerificationKey, type VerificationKey } from '../crypto/index.ts'
import type { IssuerFault } from './fault.ts'
import { fits, type PublishedJwk, readKeySet, type Warning } from './key-set.ts'

/** Keys older than this are asked for again, in the background. All in seconds. */
export const REFRESH_SECONDS = 600
/** After an unknown key id, and after a failure, the issuer is left alone for this long, however many come. */
export const BACK_OFF_SECONDS = 30
/** While an issuer cannot be asked and nothing of it is known, it is tried this often. */
export const RETRY_SECONDS = 5
/** How long keys count of an issuer that cannot be asked any more. */
export const STALE_SECONDS = 86_400

export interface KeySource {
  readonly issuer: string
  /** Accepted of this issuer. */
  readonly algorithms: readonly string[]
  /** The key set as it is published now. @throws {IssuerFault} */
  ask(): Promise<Readonly<Record<string, unknown>>>
  /** Current time, in seconds since the epoch. */
  readonly now: () => number
  readonly onWarning: (warning: Warning) => void
}

interface Imported {
  readonly jwk: string
  readonly key: VerificationKey
}

/**
 * The keys of an issuer that is asked over the network. Answers at once from what is known; waits for the issuer only
 * where nothing is known, the key id is new, or what is known is too old to count. Of any number of callers one asks.
 *
 * A key that stays published stays the same object, and one that is gone is found no more: what was proven with it
 * counts for exactly as long.
 */
export class PublishedKeys {
  readonly #source: KeySource
  #keys: ReadonlyMap<string, readonly Imported[]> = new Map()
  #all: readonly Imported[] = []
  /** Seconds since the epoch: when the keys were got, and when the issuer was last asked, whatever came of it. */
  #gotAt = Number.NEGATIVE_INFINITY
  #askedAt = Number.NEGATIVE_INFINITY
  #fault: IssuerFault | undefined
  #asking: Promise<void> | undefined
  #warned: ReadonlySet<string> = new Set()

  constructor(source: KeySource) {
    this.#source = source
  }

  /**
   * The key of this id for this algorithm; undefined: the issuer publishes none.
   * @throws {IssuerFault} when nothing is known that still counts, and the issuer cannot be asked.
   */
  key(kid: string, alg: string): MaybePromise<VerificationKey | undefined> {
    return this.#find(() => this.#keys.get(kid)?.find(({ key }) => fits(key, alg))?.key)
  }

  /** The key for this algorithm, where there is exactly one. @throws {IssuerFault} as `key` does. */
  onlyKey(alg: string): MaybePromise<VerificationKey | undefined> {
    return this.#find(() => {
      const fitting = this.#all.filter(({ key }) => fits(key, alg))
      return fitting.length === 1 ? fitting[0]?.key : undefined
    })
  }

  #find(look: () => VerificationKey | undefined): MaybePromise<VerificationKey | undefined> {
    const now = this.#source.now()
    const age = now - this.#gotAt
    if (age >= STALE_SECONDS) return this.#refreshFirst(now, look)
    const found = look()
    if (found !== undefined) {
      if (age >= REFRESH_SECONDS && now - this.#askedAt >= BACK_OFF_SECONDS) void this.#refresh(now)
      return found
    }
    if (this.#asking !== undefined) return this.#asking.then(look)
    return now - this.#askedAt >= BACK_OFF_SECONDS ? this.#refresh(now).then(look) : undefined
  }

  #refreshFirst(now: number, look: () => VerificationKey | undefined): Promise<VerificationKey | undefined> {
    const isDue = this.#asking !== undefined || now - this.#askedAt >= RETRY_SECONDS
    return (isDue ? this.#refresh(now) : Promise.resolve()).then(() => {
      if (this.#source.now() - this.#gotAt >= STALE_SECONDS) throw this.#fault
      return look()
    })
  }

  /** Never fails: what went wrong is kept, and so are the keys. */
  #refresh(now: number): Promise<void> {
    if (this.#asking !== undefined) return this.#asking
    this.#askedAt = now
    this.#asking = this.#replace(now).then(
      () => {
        this.#asking = undefined
        this.#fault = undefined
      },
      (error: IssuerFault) => {
        this.#asking = undefined
        this.#fault = error
        if (this.#all.length > 0)
          this.#warn('keys_stale', `its keys could not be asked for (${error.code}): ${error.message}`)
      },
    )
    return this.#asking
  }

  async #replace(now: number): Promise<void> {
    const set = await this.#source.ask()
    const warnings = new Map<string, Warning['code']>()
    const published = readKeySet(set, this.#source, (code, message) => warnings.set(message, code))
    const imported = await Promise.all(published.map((jwk) => this.#import(jwk)))
    const keys = new Map<string, Imported[]>()
    for (const [index, each] of imported.entries()) {
      const { kid } = published[index] as PublishedJwk
      if (each === undefined) warnings.set(`the key ${JSON.stringify(kid)} of the key set is broken`, 'key_unusable')
      else keys.set(kid, [...(keys.get(kid) ?? []), each])
    }
    this.#all = imported.filter((each) => each !== undefined)
    this.#keys = keys
    this.#gotAt = now
    for (const [message, code] of warnings) if (!this.#warned.has(message)) this.#warn(code, message)
    this.#warned = new Set(warnings.keys())
  }

  async #import({ kid, alg, jwk, text }: PublishedJwk): Promise<Imported | undefined> {
    const known = this.#all.find((each) => each.jwk === text && each.key.alg === alg)
    if (known !== undefined) return known
    try {
      return { jwk: text, key: await importVerificationKey({ ...jwk, kid, alg }) }
    } catch {
      return undefined
    }
  }

  #warn(code: Warning['code'], message: string): void {
    const { issuer, onWarning } = this.#source
    onWarning({ code, issuer, message: `${issuer}: ${message}` })
  }
}
