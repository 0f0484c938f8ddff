import { createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto'
import { ExternalSigningKey, type JWK } from 'oidc-provider'

/** Bytes of each of the two numbers of a P-256 signature. */
const HALF = 32

/**
 * A signing key that signs at once. The engine's own way through a thread of the pool takes three times the CPU time of
 * the signature itself, and ours takes too little of it to be worth another thread.
 */
export class Signer extends ExternalSigningKey {
  private readonly secret: KeyObject
  private readonly open: KeyObject
  private readonly isEdwards: boolean

  constructor(jwk: JWK) {
    super()
    this.secret = createPrivateKey({ format: 'jwk', key: jwk as never })
    this.open = createPublicKey(this.secret)
    this.isEdwards = this.secret.asymmetricKeyType === 'ed25519'
    // Accessors of the engine's class, which its types show as read-only.
    Object.assign(this, { kid: jwk.kid, alg: jwk.alg })
  }

  override keyObject(): KeyObject {
    return this.open
  }

  override sign(data: Uint8Array): Uint8Array {
    if (this.isEdwards) return sign(null, data, this.secret)
    // Node's own conversion (`dsaEncoding`) takes as long as the signature.
    return toFixedLength(sign('sha256', data, this.secret))
  }
}

/** The two numbers of an ECDSA signature in DER (RFC 3279 §2.2.3), each in 32 bytes (RFC 7518 §3.4). */
export function toFixedLength(der: Uint8Array): Uint8Array {
  const fixed = new Uint8Array(2 * HALF)
  // A sequence of fewer than 128 bytes, then two integers: tag, length, and a zero byte before a high first bit.
  let at = 2
  for (const end of [HALF, 2 * HALF]) {
    const length = der[at + 1] as number
    const number = der.subarray(at + 2, at + 2 + length)
    const digits = number.length > HALF ? number.subarray(number.length - HALF) : number
    fixed.set(digits, end - digits.length)
    at += 2 + length
  }
  return fixed
}
