import type { Listed } from './credentials.ts'
import { type Column, formatTable, timeOf } from './table.ts'

const COLUMNS: readonly Column<Listed>[] = [
  { title: 'ID', cell: ({ id }) => id },
  { title: 'KIND', cell: ({ kind }) => kind },
  { title: 'SERVER', cell: ({ server }) => server, least: 6 },
  { title: 'NAME', cell: ({ name }) => name, least: 8 },
  { title: 'STATUS', cell: ({ status }) => status },
  { title: 'EXPIRES', cell: ({ expiresAt }, now) => timeOf(expiresAt, now) ?? 'never' },
  { title: 'LAST USED', cell: ({ lastUsedAt }, now) => timeOf(lastUsedAt, now) ?? '–' },
  { title: 'SCOPES', cell: ({ scopes }) => namesOf(scopes), least: 8 },
  { title: 'TOOLS', cell: ({ tools }) => namesOf(tools), least: 8 },
  { title: 'CLIENT', cell: ({ client }) => client, least: 8, yields: true },
  { title: 'SUCCESSOR', cell: ({ replacedBy }) => replacedBy ?? '–', least: 9, yields: true },
]

/** Credentials for people, a line each. */
export function formatList(listed: readonly Listed[], whenEmpty: string, now = new Date()): string {
  if (listed.length === 0) return whenEmpty
  // Secret URLs are of one kind, and the command says which.
  const columns = COLUMNS.filter(({ title }) => title !== 'KIND' || listed.some(({ kind }) => kind !== 'secret-url'))
  return formatTable(columns, listed, now)
}

function namesOf(names: readonly string[] | undefined): string {
  return names === undefined ? 'all' : names.join(',')
}
