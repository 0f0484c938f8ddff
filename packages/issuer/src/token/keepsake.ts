import { createHmac } from 'node:crypto'
import { openBytes, sealBytes } from '@portcullis/auth/crypto'
import type { Artifact, ArtifactStore } from '@portcullis/auth/store'
import { deriveKey, type Entry, hashOf } from '../vault/index.ts'

const MODEL = 'RefreshKeepsake'
/** Longer than the grace by what the seconds of two clocks may be off. */
const KEPT_SECONDS = 15

/**
 * Answers of the token endpoint, kept for a moment in case they did not arrive. Sealed under a key made of the refresh
 * token that was presented: neither the database nor the sealing key opens one without it.
 */
export class Keepsakes {
  private readonly store: ArtifactStore
  private readonly key: Uint8Array
  private readonly now: () => number

  constructor(store: ArtifactStore, sealingKey: Uint8Array, now: () => number) {
    this.store = store
    this.key = deriveKey(sealingKey, 'keepsakes')
    this.now = now
  }

  /**
   * What goes with the exchange of a refresh token: the keepsake of the answer that brought it is done with, for it did
   * arrive; one of the new answer comes.
   * @param likeness What a request must be like to be given it again.
   * @param entries What the exchange puts; the refresh token among them names the keepsake.
   */
  forExchange(presented: string, likeness: string, body: string, entries: readonly Entry[]) {
    const successor = entries.find(({ model }) => model === 'RefreshToken')
    const artifact: Artifact = {
      model: MODEL,
      idHash: hashOf(presented),
      payload: sealBytes(this.keyOf(presented), Buffer.from(body), likeness),
      expiresAt: this.now() + KEPT_SECONDS,
      ...(successor === undefined ? {} : { uidHash: hashOf(successor.id) }),
      ...(successor?.marks.grantId === undefined ? {} : { grantId: successor.marks.grantId }),
    }
    return [{ model: MODEL, uid: presented }, artifact] as const
  }

  /** @returns undefined where there is none, or the request is not like the one that was answered. */
  async find(presented: string, likeness: string, now: number) {
    const artifact = await this.store.find(MODEL, hashOf(presented), now)
    if (artifact === undefined) return undefined
    try {
      const body = Buffer.from(openBytes(this.keyOf(presented), artifact.payload, likeness)).toString('utf8')
      return { body, grantId: artifact.grantId }
    } catch {
      return undefined
    }
  }

  private keyOf(presented: string): Uint8Array {
    return createHmac('sha256', this.key).update(presented).digest()
  }
}

/** What two requests must have in common to be taken for one: client, scope and resource. */
export function sameRequest(form: URLSearchParams): string {
  return JSON.stringify(['client_id', 'scope', 'resource'].map((name) => form.getAll(name)))
}
