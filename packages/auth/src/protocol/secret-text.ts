import { CHECKSUM_LENGTH, checksum, randomId, randomText } from '../crypto/index.ts'

/**
 * How a secret of ours is spelled: `<prefix><public id>_<43 base64url>_<checksum>`, 72 characters.
 *
 * - The prefix says what it is (so the kind is never guessed) and lets secret scanners find leaked ones.
 * - The public id (16 of 0-9a-z) finds the record and is safe to log.
 * - 43 base64url characters are 256 random bits. They may hold `_`, so parts are found by position.
 * - The checksum (CRC-32, six base-62 digits, over everything before it) tells a cut or mistyped one offline.
 */
const PREFIXES = { 'api-key': 'pcls_', 'secret-url': 'pclu_' } as const
export type SecretKind = keyof typeof PREFIXES

export const PUBLIC_ID_LENGTH = 16
const SECRET_LENGTH = 43
const PREFIX_LENGTH = 5
const ID_END = PREFIX_LENGTH + PUBLIC_ID_LENGTH
const SECRET_END = ID_END + 1 + SECRET_LENGTH
export const SECRET_TEXT_LENGTH = SECRET_END + 1 + CHECKSUM_LENGTH

const SHAPE = /^pcl[su]_[0-9a-z]{16}_[A-Za-z0-9_-]{43}_[0-9A-Za-z]{6}$/

export type SecretText =
  | { readonly kind: 'readable'; readonly id: string }
  | { readonly kind: 'malformed'; readonly fault: 'shape' | 'checksum' }

/**
 * The public id of a text that begins and measures like a secret of this kind; the rest of its spelling is not looked
 * at. Longer texts are not worth a look.
 */
export function publicIdIn(kind: SecretKind, text: string): string | undefined {
  if (text.length !== SECRET_TEXT_LENGTH || !text.startsWith(PREFIXES[kind])) return undefined
  return text.slice(PREFIX_LENGTH, ID_END)
}

/** What anyone can tell of a presented secret without asking a store. */
export function readSecretText(kind: SecretKind, text: string): SecretText {
  // The length first: what is longer than any key is not worth a look.
  if (text.length !== SECRET_TEXT_LENGTH || !text.startsWith(PREFIXES[kind]) || !SHAPE.test(text)) {
    return { kind: 'malformed', fault: 'shape' }
  }
  if (checksum(text.slice(0, SECRET_END + 1)) !== text.slice(SECRET_END + 1)) {
    return { kind: 'malformed', fault: 'checksum' }
  }
  return { kind: 'readable', id: text.slice(PREFIX_LENGTH, ID_END) }
}

/** A new secret with its public id. Show it once; keep only its digest. */
export function mintSecret(kind: SecretKind): { readonly id: string; readonly secret: string } {
  const id = randomId(PUBLIC_ID_LENGTH)
  const body = `${PREFIXES[kind]}${id}_${randomText(32)}_`
  return { id, secret: body + checksum(body) }
}

/** Whether a text begins like one of our secrets, whole or not. For routing and redaction, never for admission. */
export function looksLikeSecret(text: string): boolean {
  return text.startsWith('pcls_') || text.startsWith('pclu_')
}
