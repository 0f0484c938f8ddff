import type { Consents } from '../consent/index.ts'
import type { Grants, GrantView } from '../grants/index.ts'
import type { GrantUse, GrantUses } from './uses.ts'

/** What one authorization of a client has led to, as its person sees it. */
export type Access = GrantView & Partial<GrantUse>

export interface AccessNeeds {
  readonly grants: Grants
  readonly uses: GrantUses
  readonly consents: Consents
}

/** Newest use first. */
export async function listAccess(accountId: string, { grants, uses }: AccessNeeds): Promise<readonly Access[]> {
  const found: Access[] = []
  for await (const grant of grants.list({ accountId })) found.push({ ...grant, ...(await uses.find(grant.id)) })
  return found.sort((a, b) => usedAt(b) - usedAt(a))
}

/** Ends one access, and asks again before the client gets another. @returns false when it is not this person's. */
export async function endAccess(accountId: string, grantId: string, needs: AccessNeeds): Promise<boolean> {
  for await (const { id, clientId } of needs.grants.list({ accountId })) {
    if (id !== grantId) continue
    await needs.consents.withdraw(accountId, clientId)
    return needs.grants.revoke(id, { actor: 'person' })
  }
  return false
}

/** Ends all access that a person has given. Browsers stay signed in. */
export async function endAllAccess(accountId: string, { grants, consents }: AccessNeeds): Promise<void> {
  await consents.withdraw(accountId)
  const ids: string[] = []
  for await (const { id } of grants.list({ accountId })) ids.push(id)
  for (const id of ids) await grants.revoke(id, { actor: 'person' })
}

export function usedAt({ at, lastUsedAt, createdAt }: Access): number {
  return Math.max(at ?? 0, lastUsedAt ?? 0, createdAt)
}
