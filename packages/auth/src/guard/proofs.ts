import { isSignedBy, type MaybePromise, type VerificationKey } from '../crypto/index.ts'
import { type ClaimFault, fits, OUR_RULES, type TokenIssuer, UNNAMED } from '../issuers/index.ts'
import { readJwt } from '../protocol/index.ts'
import { Recent } from '../recent/index.ts'
import { SharedTerms, type TokenFacts } from './token-terms.ts'

/** That this whole token was signed by a key which is still published. Not that it counts now. */
export type Proof = TokenFacts

/** Why there is no proof. */
export type Disproof = 'shape' | 'type' | 'key' | 'signature' | 'issuer' | ClaimFault

/** Proofs kept of tokens that were seen lately, at most: some 400 bytes each. */
const KEPT = 40_000

/**
 * Verifies signatures, each once: a proof is kept under the SHA-256 of the whole token and counts for as long as its key
 * is published. Expiry, revocation and policy are no part of it, for those change.
 */
export class Proofs {
  readonly #issuers: ReadonlyMap<string, TokenIssuer>
  readonly #kept: Recent<Proof>
  readonly #terms = new SharedTerms()

  /** @param most How many proofs are kept. */
  constructor(issuers: readonly TokenIssuer[], most = KEPT) {
    this.#issuers = new Map(issuers.map((issuer) => [issuer.issuer, issuer]))
    this.#kept = new Recent(most)
  }

  /** The proof by this name, be it that its key is gone. @param name SHA-256 of the token, as `nameOf` writes it. */
  find(name: string): Proof | undefined {
    return this.#kept.find(name)
  }

  /**
   * @param known What `find` says of it.
   * @throws when an issuer's keys cannot be had.
   */
  prove(token: string, name: string, known = this.find(name)): MaybePromise<Proof | Disproof> {
    if (known === undefined) return this.#verify(token, name)
    const { issuer, key } = known.terms
    const { kid, alg } = key as VerificationKey
    const published = issuer.key(kid, alg)
    if (published instanceof Promise) return published.then((late) => this.#recall(known, late, token, name))
    return this.#recall(known, published, token, name)
  }

  #recall(known: Proof, published: VerificationKey | undefined, token: string, name: string) {
    if (published === known.terms.key) return known
    this.#kept.drop(name)
    return this.#verify(token, name)
  }

  async #verify(token: string, name: string): Promise<Proof | Disproof> {
    const jwt = readJwt(token)
    if (jwt === undefined) return 'shape'
    const { alg, kid, typ, payload } = jwt
    // Whose token it is says the token; what that is worth says the signature, by a key of that issuer alone.
    const issuer = this.#issuerOf(payload.iss)
    if (issuer === undefined) return 'issuer'
    const { rules = OUR_RULES } = issuer
    if (!rules.takesType(typ)) return typ === undefined ? 'shape' : 'type'
    if (!rules.algorithms.has(alg)) return 'key'
    if (kid === undefined && issuer.onlyKey === undefined) return 'shape'
    const key = await (kid === undefined ? issuer.onlyKey?.(alg) : issuer.key(kid, alg))
    if (key === undefined || !fits(key, alg)) return 'key'
    if (!(await isSignedBy(token, key, alg))) return 'signature'
    const claims = rules.read(payload, typ, publicNameOf(name))
    if (typeof claims === 'string') return claims
    const proof = this.#terms.factsOf(issuer, key, claims)
    this.#kept.keep(name, proof)
    return proof
  }

  /** Tokens that name no issuer are those of a shared secret that stands for none. */
  #issuerOf(named: unknown): TokenIssuer | undefined {
    if (named === undefined) return this.#issuers.get(UNNAMED)
    return typeof named === 'string' && named !== UNNAMED ? this.#issuers.get(named) : undefined
  }
}

/**
 * What a token is called in public that has no id of its own: 96 bits of its SHA-256 in base64url, 16 characters. Nobody
 * gets from there to the token.
 */
export function publicNameOf(name: string): string {
  return btoa(name.slice(0, 12)).replaceAll('+', '-').replaceAll('/', '_')
}
