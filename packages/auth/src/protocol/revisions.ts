/** MCP revisions that speak of sessions and `initialize`, oldest first. */
export const LEGACY_REVISIONS = ['2025-03-26', '2025-06-18', '2025-11-25'] as const

/** The first revision without sessions; every request carries its own `_meta`. */
export const MODERN_REVISION = '2026-07-28'

/** How a peer speaks: with sessions (`legacy`) or with every request complete in itself (`modern`). */
export type Era = 'legacy' | 'modern'

const DATE = /^\d{4}-\d{2}-\d{2}$/

/** Revisions are dates, so a later one sorts behind; a word that is no date belongs to no era. */
export function eraOfRevision(revision: string): Era | undefined {
  if (!DATE.test(revision)) return undefined
  return revision >= MODERN_REVISION ? 'modern' : 'legacy'
}

export function isLegacyRevision(revision: string): boolean {
  return (LEGACY_REVISIONS as readonly string[]).includes(revision)
}
