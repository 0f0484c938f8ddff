import type { VerificationKey } from '../crypto/index.ts'
import { isObject } from '../protocol/index.ts'
import { IssuerFault } from './fault.ts'

/** What an operator should hear of, once for each time that it comes up. */
export interface Warning {
  /**
   * - `private_key_published`: the issuer shows a key that signs. Whoever has seen it can make tokens.
   * - `key_unusable`: a key is too short, broken or a shared secret.
   * - `key_doubled`: several keys have the same id and algorithm; the first counts.
   * - `keys_stale`: the issuer could not be asked for its keys; those known before go on to count for a while.
   * - `shared_secret`: who checks these tokens can make them, too.
   * - `any_audience`: tokens that were made for others are accepted.
   * - `insecure_issuer`: the issuer is asked in the clear.
   */
  readonly code:
    | 'private_key_published'
    | 'key_unusable'
    | 'key_doubled'
    | 'keys_stale'
    | 'shared_secret'
    | 'any_audience'
    | 'insecure_issuer'
  readonly issuer: string
  readonly message: string
}

/** A published key that may verify, not imported yet. */
export interface PublishedJwk {
  /** Empty: it has none. */
  readonly kid: string
  readonly alg: string
  readonly jwk: Readonly<Record<string, unknown>>
  /** The whole JWK as text: what makes it the same key. */
  readonly text: string
}

/** More keys than this, whatever they are for, are no key set of an issuer. */
export const MAX_KEYS = 100
/** Of an RSA key, in bits (RFC 7518 §3.3). */
const MIN_RSA_BITS = 2048
const MAX_KID = 256
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']

/**
 * Which keys of a JWK set (RFC 7517 §5) verify access tokens. By these rules:
 * - one with a private member is never used and told of; so are shared secrets (`oct`) and RSA below 2048 bits;
 * - `use` other than `sig`, `key_ops` without `verify`, and an `alg` or `kty` that is not taken: passed over in silence;
 * - without `alg` it is for one algorithm, the usual one of its type that is accepted (RFC 8725 §3.1);
 * - one that says it is of another issuer (`issuer`, as Entra has it; `{tenantid}` stands for any tenant): passed over;
 * - without `kid` it counts for tokens without one;
 * - of several with one `kid` and algorithm the first counts, and the others are told of.
 * @throws {IssuerFault} `keys` for what is no key set, or one of more than {@link MAX_KEYS} keys.
 */
export function readKeySet(
  set: Readonly<Record<string, unknown>>,
  { issuer, algorithms }: { readonly issuer: string; readonly algorithms: readonly string[] },
  warn: (code: Warning['code'], message: string) => void,
): readonly PublishedJwk[] {
  const { keys } = set
  if (!Array.isArray(keys)) throw new IssuerFault('keys', 'the key set has no "keys"')
  if (keys.length > MAX_KEYS) throw new IssuerFault('keys', `the key set has more than ${MAX_KEYS} keys`)
  const usable = new Map<string, PublishedJwk>()
  for (const jwk of keys.filter(isObject)) {
    const { kid = '' } = jwk
    if (typeof kid !== 'string' || kid.length > MAX_KID) continue
    const named = kid === '' ? 'a key without an id' : `the key ${JSON.stringify(kid)}`
    if (PRIVATE_MEMBERS.some((member) => Object.hasOwn(jwk, member))) {
      const code = jwk.kty === 'oct' ? 'key_unusable' : 'private_key_published'
      warn(code, `${named} of the key set holds what must be secret: it is not used`)
      continue
    }
    const alg = algorithmOf(jwk, algorithms)
    if (alg === undefined || !isForSignatures(jwk) || !isOf(issuer, jwk)) continue
    if (jwk.kty === 'RSA' && bitsOf(jwk.n) < MIN_RSA_BITS) {
      warn('key_unusable', `${named} of the key set has fewer than ${MIN_RSA_BITS} bits: it is not used`)
      continue
    }
    const known = usable.get(`${alg} ${kid}`)
    const text = JSON.stringify(jwk)
    if (known === undefined) usable.set(`${alg} ${kid}`, { kid, alg, jwk, text })
    else if (known.text !== text) warn('key_doubled', `${named} of the key set is there twice: the first counts`)
  }
  return [...usable.values()]
}

/** Whether a key is for an algorithm: `EdDSA` and `Ed25519` are two names of one (RFC 9864 §2.2). */
export function fits({ alg }: Pick<VerificationKey, 'alg'>, wanted: string): boolean {
  return alg === wanted || (EDWARDS.has(alg) && EDWARDS.has(wanted))
}

const EDWARDS: ReadonlySet<string> = new Set(['EdDSA', 'Ed25519'])
/** Of each type the usual one first: what a key without `alg` is for. */
const BY_TYPE: Readonly<Record<string, readonly string[]>> = {
  'EC P-256': ['ES256'],
  'EC P-384': ['ES384'],
  'OKP Ed25519': ['EdDSA', 'Ed25519'],
  RSA: ['RS256', 'PS256'],
}

function algorithmOf({ kty, crv, alg }: Readonly<Record<string, unknown>>, algorithms: readonly string[]) {
  const type = kty === 'RSA' ? 'RSA' : `${kty} ${crv}`
  const fitting = Object.hasOwn(BY_TYPE, type) ? (BY_TYPE[type] as readonly string[]) : []
  return fitting.find((each) => algorithms.includes(each) && (alg === undefined || each === alg))
}

function isForSignatures({ use, key_ops }: Readonly<Record<string, unknown>>): boolean {
  return (use ?? 'sig') === 'sig' && (key_ops === undefined || (Array.isArray(key_ops) && key_ops.includes('verify')))
}

function isOf(issuer: string, { issuer: named }: Readonly<Record<string, unknown>>): boolean {
  return typeof named !== 'string' || named === issuer || named.includes('{tenantid}')
}

/** Of a number in base64url: six bits a character, without the zeros in front. */
function bitsOf(value: unknown): number {
  return typeof value === 'string' ? Math.floor((value.replace(/^A+/, '').length * 6) / 8) * 8 : 0
}
