import { randomBytes } from 'node:crypto'

/** What both issuers are seeded with, in the engine's own form: so many grants, each with a refresh token. */
export interface Seed {
  readonly model: 'Grant' | 'RefreshToken'
  readonly id: string
  readonly grantId: string
  readonly payload: Readonly<Record<string, unknown>>
}

export const SCOPES = ['mcp:read', 'mcp:write']
export const RESOURCE = 'http://127.0.0.1/everything/mcp'
export const GRANT_SECONDS = 90 * 86_400

export function* seeds(count: number, accountId: string, clientId: string): Generator<Seed> {
  const iat = Math.floor(Date.now() / 1000)
  const scope = SCOPES.join(' ')
  const common = { iat, exp: iat + GRANT_SECONDS, accountId, clientId }
  for (let number = 0; number < count; number++) {
    const grantId = randomBytes(32).toString('base64url')
    const grant = { resources: { [RESOURCE]: scope }, openid: { scope } }
    yield { model: 'Grant', id: grantId, grantId, payload: { ...common, jti: grantId, kind: 'Grant', ...grant } }
    const id = randomBytes(32).toString('base64url')
    const standing = { grantId, gty: 'authorization_code', resource: RESOURCE, scope, iiat: iat, rotations: 0 }
    const token = { ...common, jti: id, kind: 'RefreshToken', expiresWithSession: false, ...standing }
    yield { model: 'RefreshToken', id, grantId, payload: token }
  }
}
