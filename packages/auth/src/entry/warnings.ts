import type { Policy } from './policy.ts'
import type { TokenWay } from './ways.ts'

/** What went wrong, for a warning: anything at all can be thrown. */
export function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/**
 * Tells of what is allowed but hardly meant: tools that nobody can open, as this guard is made.
 * @param tokens The ways in by tokens; nobody else has roles.
 */
export function warnOfClosed(
  { rules, scopes, named }: Policy,
  tokens: readonly TokenWay[],
  onWarning: (text: string) => void,
): void {
  // An issuer of ours knows mcp:write; it has no rules of its own.
  const elsewhere = tokens.flatMap(({ issuers }) => issuers).filter((issuer) => issuer.rules !== undefined)
  if (elsewhere.length > 0 && named.length === 0) {
    onWarning(
      `every tool needs ${scopes.opening('').join(' ')}, which identity providers seldom know: map scopes by policy({ scopes })`,
    )
  }
  const roles = [...rules.roles]
  if (tokens.length === 0 && roles.length > 0) {
    onWarning(`rules ask for roles (${roles.join(', ')}), and keys have no roles: nobody can meet them here`)
  }
}
