import Provider from 'oidc-provider'
import type { Entry } from '../vault/index.ts'

/**
 * What one request at the token endpoint wants changed. The engine spends first and writes then, in steps; here both wait
 * until it has answered, so that they can happen in one: a request that is refused or cut short spends nothing.
 */
export class Redemption {
  /** For how long a refresh token that was spent counts as spent by the same client at the same time. Seconds; 0: never. */
  readonly graceSeconds: number
  /** What is to be spent. */
  spent: { readonly model: string; readonly id: string } | undefined
  /** What is to be put when that was spent. */
  readonly entries: Entry[] = []
  /** It was spent a moment ago by another request: not a replay, and not to be spent again. */
  isLate = false
  /** The engine found nothing wrong with the request, but that it is late. */
  isRepeatable = false
  /** What the engine was shown as spent. */
  replayed: { readonly model: string; readonly grantId: string | undefined } | undefined
  /** The engine ended the grant over it: client and proof of possession were right, so it was no stranger. */
  hasEnded = false

  constructor(graceSeconds: number) {
    this.graceSeconds = graceSeconds
  }
}

const ATTACHED: unique symbol = Symbol('redemption')

/** Lets the adapter find a redemption from within the engine. @param req The request that the engine gets. */
export function attach(req: object, redemption: Redemption): void {
  Object.assign(req, { [ATTACHED]: redemption })
}

/** The redemption that the engine is working at, where it is working at one. */
export function currentRedemption(): Redemption | undefined {
  return (Provider.ctx?.req as { readonly [ATTACHED]?: Redemption } | undefined)?.[ATTACHED]
}
