import { nameOf, readJwtHeader, type VerificationKey, verifyJwt } from '../crypto/index.ts'
import { type Claims, readClaims } from '../protocol/index.ts'
import type { MaybePromise } from '../store/index.ts'

/** An authorization server whose tokens count, and the keys that it publishes. */
export interface TokenIssuer {
  /** Its identifier, compared to the letter (RFC 9207 §2.4). */
  readonly issuer: string
  /** The key of this id as it is published now; undefined: none. */
  key(kid: string): MaybePromise<VerificationKey | undefined>
}

/** That this whole token was signed by a key which is still published. Not that it counts now. */
export interface Proof {
  readonly claims: Claims
  readonly key: VerificationKey
  readonly issuer: TokenIssuer
}

/** Why there is no proof. */
export type Disproof = 'shape' | 'type' | 'key' | 'signature' | 'issuer' | 'claims'

/** Proofs kept of tokens that were seen lately: twice as many at most, some 1 KB each. */
const KEPT = 10_000

/**
 * Verifies signatures, each once: a proof is kept under the SHA-256 of the whole token and counts for as long as its key
 * is published. Expiry, revocation and policy are no part of it, for those change.
 */
export class Proofs {
  private readonly issuers: ReadonlyMap<string, TokenIssuer>
  private readonly kept: number
  private young = new Map<string, Proof>()
  private old = new Map<string, Proof>()

  /** @param kept How many proofs fit before the older half is dropped. */
  constructor(issuers: readonly TokenIssuer[], kept = KEPT) {
    this.issuers = new Map(issuers.map((issuer) => [issuer.issuer, issuer]))
    this.kept = kept
  }

  /** @throws when an issuer's keys cannot be had. */
  prove(token: string): MaybePromise<Proof | Disproof> {
    const name = nameOf(token)
    return name instanceof Promise ? name.then((late) => this.proveNamed(token, late)) : this.proveNamed(token, name)
  }

  private proveNamed(token: string, name: string): MaybePromise<Proof | Disproof> {
    const known = this.young.get(name) ?? this.old.get(name)
    if (known === undefined) return this.verify(token, name)
    const published = known.issuer.key(known.key.kid)
    if (published instanceof Promise) return published.then((key) => this.recall(known, key, token, name))
    return this.recall(known, published, token, name)
  }

  private recall(known: Proof, published: VerificationKey | undefined, token: string, name: string) {
    if (published === known.key) {
      if (!this.young.has(name)) this.keep(name, known)
      return known
    }
    this.young.delete(name)
    this.old.delete(name)
    return this.verify(token, name)
  }

  private async verify(token: string, name: string): Promise<Proof | Disproof> {
    const header = readJwtHeader(token)
    if (header === undefined) return 'shape'
    if (header.typ !== 'at+jwt') return 'type'
    // Whose token it is says the token; what that is worth says the signature, by a key of that issuer alone.
    const issuer = this.issuers.get(readIssuer(token) ?? '')
    if (issuer === undefined) return 'issuer'
    const key = await issuer.key(header.kid)
    if (key === undefined || key.alg !== header.alg) return 'key'
    const payload = await verifyJwt(token, key)
    if (payload === undefined) return 'signature'
    const claims = readClaims(payload)
    if (claims === undefined) return 'claims'
    const proof = { claims, key, issuer }
    this.keep(name, proof)
    return proof
  }

  private keep(name: string, proof: Proof): void {
    if (this.young.size >= this.kept) {
      this.old = this.young
      this.young = new Map()
    }
    this.young.set(name, proof)
  }
}

function readIssuer(token: string): string | undefined {
  const [, payload = ''] = token.split('.')
  try {
    const text = atob(payload.replace(/-/g, '+').replace(/_/g, '/'))
    const { iss } = JSON.parse(text) as { readonly iss?: unknown }
    return typeof iss === 'string' ? iss : undefined
  } catch {
    return undefined
  }
}
