import { createHmac, createSecretKey, type KeyObject } from 'node:crypto'
import { openBytes, sealBytes } from '@portcullis/auth/crypto'
import { deriveKey, type Vault } from '../vault/index.ts'

const MODEL = 'RefreshToken'

/**
 * Answers of the token endpoint, kept with the refresh token that was given for them, in case they did not arrive.
 * Sealed under a key made of that token: neither the database nor the sealing key opens one without it.
 */
export class Keepsakes {
  private readonly vault: Vault
  private readonly key: KeyObject

  constructor(vault: Vault, sealingKey: Uint8Array) {
    this.vault = vault
    this.key = createSecretKey(deriveKey(sealingKey, 'keepsakes'))
  }

  /** @param likeness What a request must be like to be given the answer again. */
  seal(presented: string, likeness: string, body: string): Uint8Array {
    return sealBytes(this.keyOf(presented), Buffer.from(body), likeness)
  }

  /**
   * The answer that a refresh token was given for, for a while.
   * @returns undefined where there is none, where the request is not like the one that was answered, and where the
   *   answer did arrive: then its own refresh token has been used.
   */
  async find(presented: string, likeness: string, now: number, graceSeconds: number) {
    const { consumedAt, answer, grantId } = (await this.vault.find(MODEL, presented, now)) ?? {}
    if (consumedAt === undefined || answer === undefined || now - consumedAt > graceSeconds) return undefined
    const body = this.open(presented, likeness, answer)
    if (body === undefined) return undefined
    const successor = await this.vault.find(MODEL, String(JSON.parse(body).refresh_token), now)
    if (successor === undefined || successor.consumedAt !== undefined) return undefined
    return { body, grantId }
  }

  private open(presented: string, likeness: string, answer: Uint8Array): string | undefined {
    try {
      return Buffer.from(openBytes(this.keyOf(presented), answer, likeness)).toString('utf8')
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
