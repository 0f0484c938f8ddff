import type { RevocationStore } from '@portcullis/auth/store'
import type { AccessTokens, KnownClients } from '../engine/index.ts'
import type { OnIssuerEvent } from '../events.ts'
import type { Grants } from '../grants/index.ts'
import type { Vault } from '../vault/index.ts'

export interface AccessTokenNeeds {
  /** The claims of an access token that one of our published keys has signed. */
  readonly verify: (token: string) => Promise<Readonly<Record<string, unknown>> | undefined>
  readonly issuer: string
  readonly vault: Vault
  readonly revocations: RevocationStore
  readonly grants: Pick<Grants, 'endToken'>
  readonly clients: Pick<KnownClients, 'isLive' | 'mayIntrospect'>
  readonly people: { isLive(accountId: string): Promise<boolean> }
  readonly now: () => number
  readonly onEvent: OnIssuerEvent
}

/** What of a token decides whether it counts. */
interface Claims {
  readonly jti: string
  readonly sub: string
  readonly client_id: string
  readonly grant_id: string
  readonly iat: number
  readonly exp: number
}

const INACTIVE = { active: false } as const

/** Access tokens as JWTs: whether they still count, and how they end early. */
export function accessTokens(needs: AccessTokenNeeds): AccessTokens {
  const read = async (token: string): Promise<Claims | undefined> => {
    const claims = await needs.verify(token)
    if (claims?.iss !== needs.issuer) return undefined
    return isWhole(claims) && claims.exp > needs.now() ? claims : undefined
  }
  return {
    async introspect(token, clientId) {
      const claims = await read(token)
      if (claims === undefined) return INACTIVE
      if (claims.client_id !== clientId && !(await needs.clients.mayIntrospect(clientId))) return INACTIVE
      if (!(await counts(claims, needs))) return INACTIVE
      return { active: true, token_type: 'Bearer', ...claims }
    },
    async revoke(token, clientId) {
      const claims = await read(token)
      if (claims?.client_id !== clientId) return
      await needs.grants.endToken(claims.jti, claims.exp)
      needs.onEvent({
        type: 'token.revoked',
        actor: 'client',
        accountId: claims.sub,
        clientId,
        grantId: claims.grant_id,
        detail: { jti: claims.jti },
      })
    },
  }
}

function isWhole(claims: Readonly<Record<string, unknown>>): claims is Readonly<Record<string, unknown>> & Claims {
  const { jti, sub, client_id, grant_id, iat, exp } = claims
  const isText = [jti, sub, client_id, grant_id].every((claim) => typeof claim === 'string')
  return isText && typeof iat === 'number' && typeof exp === 'number'
}

/** Whether nothing has ended it: itself, its grant, its client, its person. */
async function counts({ jti, sub, client_id, grant_id, iat }: Claims, needs: AccessTokenNeeds): Promise<boolean> {
  const { revocations, vault, clients, people, now } = needs
  const subjects = [
    { kind: 'token', id: jti },
    { kind: 'grant', id: grant_id },
    { kind: 'account', id: sub },
    { kind: 'client', id: client_id },
  ] as const
  if (await revocations.isEnded(subjects, iat, now())) return false
  if ((await vault.find('Grant', grant_id, now())) === undefined) return false
  return (await clients.isLive(client_id)) && people.isLive(sub)
}
