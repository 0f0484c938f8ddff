import type { VerificationKey } from '../crypto/index.ts'
import type { TokenIssuer } from '../issuers/index.ts'
import type { Claims } from '../protocol/index.ts'
import { Recent } from '../recent/index.ts'

/** What many tokens have in common. One object for all who share it, so it can carry what is compiled from it. */
export interface TokenTerms {
  readonly issuer: TokenIssuer
  /** That has signed them; undefined where the issuer was asked instead. */
  readonly key: VerificationKey | undefined
  readonly audience: readonly string[]
  readonly scopes: readonly string[]
  readonly roles: readonly string[]
  readonly tenant: string | undefined
  readonly tools: readonly string[] | undefined
  readonly isBound: boolean
}

/** What a token says, as a check sees it: some 400 bytes with its name, as ids are today. */
export interface TokenFacts {
  readonly terms: TokenTerms
  readonly subject: string
  readonly clientId: string
  readonly tokenId: string
  readonly grantId: string | undefined
  /** Seconds since the epoch; 0: nobody said. */
  readonly issuedAt: number
  /** Seconds since the epoch; 0: it ends when its issuer says so. */
  readonly expiresAt: number
  /** Seconds since the epoch; 0: at once. */
  readonly notBefore: number
}

/** Terms kept to be found again, at most. */
const KEPT = 20_000

/** Finds the terms that a token shares with others. */
export class SharedTerms {
  readonly #kept = new Recent<TokenTerms>(KEPT)

  factsOf(issuer: TokenIssuer, key: VerificationKey | undefined, claims: Claims): TokenFacts {
    const { subject, clientId, tokenId, grantId, issuedAt, expiresAt, notBefore = 0 } = claims
    const terms = this.#find(issuer, key, claims)
    return { terms, subject, clientId, tokenId, grantId, issuedAt, expiresAt, notBefore }
  }

  #find(issuer: TokenIssuer, key: VerificationKey | undefined, claims: Claims): TokenTerms {
    const { audience, scopes, roles, tenant, tools, isBound } = claims
    const shared = [audience, scopes, roles, tenant ?? null, tools ?? null, isBound]
    const text = JSON.stringify([issuer.issuer, key?.kid, key?.alg, ...shared])
    const known = this.#kept.find(text)
    if (known !== undefined && known.key === key && known.issuer === issuer) return known
    const terms = { issuer, key, audience, scopes, roles, tenant, tools, isBound }
    this.#kept.keep(text, terms)
    return terms
  }
}
