import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { importVerificationKey, type VerificationKey } from '../../src/crypto/index.ts'
import { Guard, type GuardedServer, type TokenIssuer, type Verdict } from '../../src/guard/index.ts'
import { compileScopes } from '../../src/policy/index.ts'
import { memoryCredentials, type RevocationEntry, type RevocationStore } from '../../src/store/index.ts'
import { bearer, NOON, turn } from './given.ts'

export const ISSUER = 'https://mcp.example.com'
export const RESOURCE = `${ISSUER}/files/mcp`

export const files: GuardedServer = {
  name: 'files',
  access: new Set(['oauth', 'api-key']),
  scopes: compileScopes({ 'files:read': ['read_*'], 'files:write': ['write_*'] }),
  resource: {
    uri: RESOURCE,
    metadataUrl: `${ISSUER}/.well-known/oauth-protected-resource/files/mcp`,
    issuers: [ISSUER],
    baseScopes: ['files:read'],
  },
}

/** A feed of ended tokens in memory: an array, and how far it was read. */
export function givenRevocations(): RevocationStore & { fail: boolean } {
  const entries: RevocationEntry[] = []
  let read = 0
  return {
    fail: false,
    revoke(more) {
      entries.push(...more)
    },
    news() {
      if (this.fail) throw new Error('the store is silent')
      const news = entries.slice(read)
      read = entries.length
      return news
    },
    isEnded: () => false,
    prune: () => 0,
  }
}

export interface Signer {
  readonly published: VerificationKey
  readonly privateKey: CryptoKeyPair['privateKey']
}
type CryptoKeyPair = Awaited<ReturnType<typeof generateKeyPair>>

export async function givenSigner(kid: string, alg = 'ES256'): Promise<Signer> {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true })
  return { privateKey, published: await importVerificationKey({ ...(await exportJWK(publicKey)), kid, alg }) }
}

export interface Given {
  readonly guard: Guard
  readonly clock: { now: number }
  readonly revocations: RevocationStore & { fail: boolean }
  readonly signer: Signer
  /** What the issuer publishes, by key id. */
  readonly keys: Map<string, VerificationKey>
  /** How often the issuer was asked for a key. */
  token(claims?: Record<string, unknown>, header?: Record<string, unknown>, signer?: Signer): Promise<string>
  check(token: string, server?: GuardedServer): Promise<Verdict>
}

/** A guard beside an issuer, with a key of its own, at a time that tests set. */
export async function givenTokens(): Promise<Given> {
  const clock = { now: NOON }
  const signer = await givenSigner('k1')
  const keys = new Map([['k1', signer.published]])
  const issuer: TokenIssuer = { issuer: ISSUER, key: (kid) => keys.get(kid) }
  const revocations = givenRevocations()
  const guard = new Guard({
    credentials: memoryCredentials(),
    now: () => clock.now,
    defer: setImmediate,
    tokens: { issuers: [issuer], revocations },
  })
  const usual = {
    iss: ISSUER,
    sub: 'ada',
    aud: RESOURCE,
    client_id: 'a-client',
    jti: 'a-token',
    scope: 'files:read',
    grant_id: 'a-grant',
    iat: NOON,
    exp: NOON + 900,
  }
  return {
    guard,
    clock,
    revocations,
    signer,
    keys,
    token: (claims = {}, header = {}, by = signer) =>
      new SignJWT({ ...usual, ...claims })
        .setProtectedHeader({ alg: by.published.alg, kid: by.published.kid, typ: 'at+jwt', ...header })
        .sign(by.privateKey),
    async check(token, server = files) {
      await turn()
      return guard.check(bearer(token), server)
    },
  }
}
