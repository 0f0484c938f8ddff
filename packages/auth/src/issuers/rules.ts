import { SIGNATURES } from '../crypto/index.ts'
import { type Claims, isAudience, readClaims } from '../protocol/index.ts'
import type { ClaimReader, Payload } from './claims.ts'

/** Why a token of an issuer says nothing that counts. */
export type ClaimFault =
  /** A claim is missing, of the wrong type, or not what it must be. */
  | 'claims'
  /** It looks like an ID token, which says who signed in and opens nothing (RFC 8725 §3.11). */
  | 'id_token'
  /** Of a client that is not on the list. */
  | 'client'

/** Which tokens of an issuer count, and what they say. Looks at no time, no resource and no signature. */
export interface TokenRules {
  /** By their names in the header. Never asymmetric ones and those of a shared secret for one issuer. */
  readonly algorithms: ReadonlySet<string>
  /** @param typ Lower case, without `application/`; undefined: the header has none. */
  takesType(typ: string | undefined): boolean
  /** @param spareId Public id for a token that has none. */
  read(payload: Payload, typ: string | undefined, spareId: string): Claims | ClaimFault
  /**
   * Whether tokens for this audience are for the resource.
   * @param called What the resource is called, where that is not its URI.
   */
  isFor(audience: readonly string[], resource: string, called?: readonly string[]): boolean
  /** Whether its tokens say of which tenant they are. */
  readonly mapsTenant: boolean
}

/** RFC 9068 to the letter, as our own issuer writes its tokens. */
export const OUR_RULES: TokenRules = {
  algorithms: new Set(SIGNATURES),
  takesType: (typ) => typ === 'at+jwt',
  read: (payload) => readClaims(payload) ?? 'claims',
  isFor: (audience, resource) => isAudience(audience, resource),
  mapsTenant: false,
}

export interface RuleTerms {
  readonly algorithms: readonly string[]
  /** `undefined` stands for tokens without `typ`. */
  readonly types: readonly (string | undefined)[]
  readonly claims: ClaimReader
  readonly mapsTenant: boolean
  /** Identifiers of the resource at this issuer; absent: its canonical URI. `any`: whoever a token is for. */
  readonly audience: readonly string[] | 'any' | undefined
  readonly clients: readonly string[] | undefined
  /** Claims that must have just this value. */
  readonly requires: Readonly<Record<string, string>>
  readonly tolerates: readonly IdTokenSign[]
  /** Whether only this resource and the issuer know the key: then there are no ID tokens to be told apart. */
  readonly isPrivate?: boolean
}

/**
 * What ID tokens have and access tokens have not, but for those of a few issuers:
 * `nonce`, a claim; `client_audience`, an `aud` that is the client itself.
 */
export type IdTokenSign = 'nonce' | 'client_audience'

export function tokenRules(terms: RuleTerms): TokenRules {
  const { algorithms, types, claims, mapsTenant, audience, clients, requires } = terms
  const accepted = new Set(types.map((type) => type?.toLowerCase()))
  return {
    algorithms: new Set(algorithms),
    takesType: (typ) => accepted.has(typ),
    read(payload, typ, spareId) {
      if (typ !== 'at+jwt' && isIdToken(payload, terms)) return 'id_token'
      for (const [name, value] of Object.entries(requires)) if (payload[name] !== value) return 'claims'
      const read = claims.read(payload, spareId)
      if (read === undefined) return 'claims'
      return clients === undefined || clients.includes(read.clientId) ? read : 'client'
    },
    isFor(named, resource, called) {
      if (audience === 'any') return true
      const names = audience ?? called
      return names === undefined ? isAudience(named, resource) : named.some((each) => names.includes(each))
    },
    mapsTenant,
  }
}

/** Only `at+jwt` says what a token is. Of others those are refused that have the signs of an ID token, or none of access. */
function isIdToken(payload: Payload, { claims, tolerates, isPrivate = false }: RuleTerms): boolean {
  const { nonce, at_hash, c_hash, aud } = payload
  if (at_hash !== undefined || c_hash !== undefined) return true
  if (nonce !== undefined && !tolerates.includes('nonce')) return true
  const client = claims.client(payload)
  const isForClient = client !== undefined && [aud].flat().every((each) => each === client)
  if (isForClient && !tolerates.includes('client_audience')) return true
  return !isPrivate && client === undefined && !claims.hasScopes(payload)
}
