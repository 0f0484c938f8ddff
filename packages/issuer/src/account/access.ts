import type { Consents } from '../consent/index.ts'
import type { Grants, GrantView } from '../grants/index.ts'
import type { GrantUse, GrantUses } from './uses.ts'

/** What a client has access to, as its person sees it. */
export type Access = GrantView & Partial<GrantUse>

export interface AccessNeeds {
  readonly grants: Grants
  readonly uses: GrantUses
  readonly consents: Consents
}

/** Newest use first. What one installation got in several steps is one. */
export async function listAccess(accountId: string, { grants, uses }: AccessNeeds): Promise<readonly Access[]> {
  const found = new Map<string, Access>()
  for await (const grant of grants.list({ accountId })) {
    const access = { ...grant, ...(await uses.find(grant.id)) }
    const known = found.get(installation(grant))
    found.set(installation(grant), known === undefined ? access : together(known, access))
  }
  return [...found.values()].sort((a, b) => usedAt(b) - usedAt(a))
}

/** Ends a client's access, and asks again before it gets another. @returns false when it is not this person's. */
export async function endAccess(accountId: string, grantId: string, needs: AccessNeeds): Promise<boolean> {
  const all = () => Array.fromAsync(needs.grants.each({ accountId }))
  const meant = (await all()).find(({ id }) => id === grantId)
  if (meant === undefined) return false
  await needs.consents.withdraw(accountId, meant.clientId)
  // Looked for anew: what a remembered consent has brought meanwhile goes with it.
  const alike = (await all()).filter((grant) => installation(grant) === installation(meant))
  for (const { id } of alike) await needs.grants.revoke(id, { actor: 'person' })
  return true
}

/**
 * What tells one program on one machine from another. A client that registered itself is one; who names itself by a
 * document has the same name everywhere, so each time it was let in may be another machine.
 */
function installation({ id, clientId }: Pick<GrantView, 'id' | 'clientId'>): string {
  return clientId.startsWith('https://') ? id : clientId
}

/** All that both open; used as the one that was used last. */
function together(one: Access, other: Access): Access {
  const latest = usedAt(one) > usedAt(other) ? one : other
  const uris = new Set([...one.resources, ...other.resources].map(({ uri }) => uri))
  const scopesAt = (access: Access, uri: string) => access.resources.find((each) => each.uri === uri)?.scopes ?? []
  return {
    ...latest,
    resources: [...uris].map((uri) => ({
      uri,
      scopes: [...new Set([...scopesAt(one, uri), ...scopesAt(other, uri)])],
    })),
    ...lastOf(one, other),
    createdAt: Math.min(one.createdAt, other.createdAt),
    expiresAt: Math.max(one.expiresAt, other.expiresAt),
  }
}

function lastOf(...all: readonly Access[]): Pick<Access, 'lastUsedAt'> {
  const known = all.flatMap(({ lastUsedAt }) => lastUsedAt ?? [])
  return known.length === 0 ? {} : { lastUsedAt: Math.max(...known) }
}

/** Ends all access that a person has given. Browsers stay signed in. */
export async function endAllAccess(accountId: string, { grants, consents }: AccessNeeds): Promise<void> {
  await consents.withdraw(accountId)
  const ids: string[] = []
  for await (const { id } of grants.each({ accountId })) ids.push(id)
  for (const id of ids) await grants.revoke(id, { actor: 'person' })
}

export function usedAt({ at, lastUsedAt, createdAt }: Access): number {
  return Math.max(at ?? 0, lastUsedAt ?? 0, createdAt)
}
