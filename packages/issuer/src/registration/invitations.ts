import { randomText } from '@portcullis/auth/crypto'
import type { Vault } from '../vault/index.ts'

const MODEL = 'RegistrationInvitation'
/** How long an initial access token is good for, in seconds, where nothing is said about it. */
const DEFAULT_SECONDS = 24 * 3600

/** Initial access tokens (RFC 7591 §1.2): each lets one client register itself, once. Kept as hashes. */
export class Invitations {
  private readonly vault: Vault
  private readonly now: () => number

  constructor(vault: Vault, now: () => number) {
    this.vault = vault
    this.now = now
  }

  /** 256 random bits, which exist here and nowhere else. @param seconds Default: a day. */
  async make(seconds = DEFAULT_SECONDS): Promise<string> {
    const token = randomText(32)
    await this.vault.put(MODEL, token, {}, { expiresAt: this.now() + seconds })
    return token
  }

  /** Whether a token would be taken now. Uses nothing up. */
  async isGood(token: string): Promise<boolean> {
    const kept = await this.vault.find(MODEL, token, this.now())
    return kept !== undefined && kept.consumedAt === undefined
  }

  /** Uses a token up: of any number of callers, in whichever process, exactly one gets true. */
  async take(token: string): Promise<boolean> {
    return (await this.isGood(token)) && (await this.vault.spend(MODEL, token, this.now())) === 'spent'
  }
}
