import { createPrivateKey, generateKeyPairSync, type KeyObject, randomBytes, randomUUID, sign } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Credential, WrongCredential } from './checker.ts'

/** What everybody who makes or checks tokens is told. */
export interface Material {
  readonly issuer: string
  readonly jwksUri: string
  /** Whom the tokens are for. */
  readonly resource: string
  readonly jwk: Readonly<Record<string, unknown>>
  /** PKCS #8, for processes that need tokens which nobody has seen. */
  readonly signingKey: string
}

export const KID = 'bench'
export const SCOPES = 'mcp:read mcp:write'
/** Longer than any run. */
const LIFETIME = 6 * 3600
/** What so many users work with. */
const CLIENTS = 10

/**
 * Makes access tokens as issuers do (RFC 9068): each with a subject and an id of its own, of ten clients.
 * @returns a token with these claims beside, or in place of, the usual ones.
 */
export function tokenMint(
  { issuer, resource }: Pick<Material, 'issuer' | 'resource'>,
  signingKey: KeyObject | string,
): (claims?: Readonly<Record<string, unknown>>) => Credential {
  const key = typeof signingKey === 'string' ? createPrivateKey(signingKey) : signingKey
  const head = encode({ alg: 'ES256', kid: KID, typ: 'at+jwt' })
  let made = 0
  return (claims) => {
    const subject = `auth0|${randomBytes(12).toString('hex')}`
    const iat = Math.floor(Date.now() / 1000)
    const usual = { iss: issuer, aud: resource, sub: subject, client_id: `client-${made++ % CLIENTS}`, scope: SCOPES }
    const signed = `${head}.${encode({ ...usual, jti: randomUUID(), iat, exp: iat + LIFETIME, ...claims })}`
    const signature = sign('sha256', Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' })
    return { text: `${signed}.${signature.toString('base64url')}`, subject }
  }
}

/** What no guard may let in: all that is measured has to refuse each of them. */
export function wrongTokens(material: Material): readonly WrongCredential[] {
  const mint = tokenMint(material, material.signingKey)
  const forge = tokenMint(material, generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey)
  return [
    { what: 'no token at all', text: 'wrong' },
    { what: 'a token for another audience', text: mint({ aud: 'https://elsewhere.example/mcp' }).text },
    { what: 'a token of another issuer', text: mint({ iss: 'https://elsewhere.example' }).text },
    { what: 'an expired token', text: mint({ exp: Math.floor(Date.now() / 1000) - 120 }).text },
    { what: 'a token signed by somebody else', text: forge().text },
  ]
}

export function readMaterial(file = ''): Material {
  return JSON.parse(readFileSync(file, 'utf8'))
}

/** One per line: whose it is, and the credential. */
export function readCredentials(file = ''): readonly Credential[] {
  return readFileSync(file, 'latin1').split('\n').filter(Boolean).map(readCredential)
}

export function readCredential(line: string): Credential {
  const [subject = '', text = ''] = line.split(' ')
  return { subject, text }
}

export function writeCredential({ subject, text }: Credential): string {
  return `${subject} ${text}\n`
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}
