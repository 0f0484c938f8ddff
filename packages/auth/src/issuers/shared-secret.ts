import { importSharedSecret, type VerificationKey } from '../crypto/index.ts'
import { expectKnown, type Known } from '../protocol/index.ts'
import { claimReader } from './claims.ts'
import { type TokenIssuer, UNNAMED } from './issuer.ts'
import { checkReading, READING, type TokenReading } from './options.ts'
import { listOf, quietly, warnOnConsole } from './remote.ts'
import { tokenRules } from './rules.ts'

/** Tokens by HS256, with a secret that this server shares with whoever makes them. */
export interface SharedSecretOptions extends TokenReading {
  /** At least 32 bytes; a text stands for its UTF-8 bytes. */
  readonly secret: string | Uint8Array
  /** What tokens have as `iss`. Absent: only those without one count. */
  readonly issuer?: string
  /** What tokens must have as `aud`: one of these. */
  readonly audience: string | readonly string[]
}

const KNOWN: Known<SharedSecretOptions> = { secret: true, issuer: true, ...READING }
const LEAST_BYTES = 32
/** Random bytes repeat themselves, but not as much as this. */
const LEAST_DIFFERENT = 8

/**
 * HS256 with a secret that this server shares with whoever makes its tokens: for the simple case, and warned of. Who can
 * check such a token can make one. The secret signs with HS256 and nothing else; published keys never mix with it.
 * @throws {TypeError} for a secret below 256 bits (RFC 7518 §3.2) and other options that cannot work.
 */
export function sharedSecretIssuer(options: SharedSecretOptions): TokenIssuer {
  expectKnown(options, KNOWN)
  const { issuer = UNNAMED, claims: names = {}, types = ['at+jwt', 'JWT', null], clients } = options
  const secret = typeof options.secret === 'string' ? new TextEncoder().encode(options.secret) : options.secret
  checkSecret(secret)
  if (options.audience === undefined) throw new TypeError('"audience" must say what tokens have as "aud"')
  if (typeof issuer !== 'string' || !/^\S+$/.test(issuer)) {
    throw new TypeError('"issuer" must be a text without white space: leave it out for tokens without "iss"')
  }
  checkReading(options)
  let key: VerificationKey | Promise<VerificationKey> = importSharedSecret(secret)
  key.then(
    (imported) => {
      key = imported
    },
    () => {}, // who asks for it hears of it
  )
  const message = `a shared secret stands for the issuer ${issuer}: whoever checks its tokens can make them`
  quietly(options.onWarning ?? warnOnConsole)({ code: 'shared_secret', issuer, message })
  return {
    issuer,
    // There is one key, whatever a token calls it.
    key: () => key,
    onlyKey: () => key,
    rules: tokenRules({
      algorithms: ['HS256'],
      types: types.map((type) => type ?? undefined),
      claims: claimReader({ ...options, issuer, names }),
      mapsTenant: names.tenant !== undefined,
      audience: listOf(options.audience),
      clients,
      requires: options.requires ?? {},
      tolerates: options.tolerates ?? [],
      isPrivate: true,
    }),
  }
}

function checkSecret(secret: unknown): asserts secret is Uint8Array {
  const fault = faultOf(secret)
  if (fault === undefined) return
  throw new TypeError(`"secret" ${fault}: make one with "openssl rand -base64 32", for example`)
}

function faultOf(secret: unknown): string | undefined {
  if (secret === undefined) return 'is not set, and must have 32 random bytes'
  if (!(secret instanceof Uint8Array) || secret.length < LEAST_BYTES)
    return `must have at least ${LEAST_BYTES} random bytes`
  return new Set(secret).size < LEAST_DIFFERENT ? 'is long enough, but not random' : undefined
}
