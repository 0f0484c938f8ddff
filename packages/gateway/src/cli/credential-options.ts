import type { CreateOptions, Listed } from './credentials.ts'

/** What one can say of a new credential, however it is carried. */
export const CREATE_OPTIONS = {
  server: { type: 'string', required: true, value: 'NAME', help: 'the server that it opens' },
  name: { type: 'string', required: true, value: 'LABEL', help: 'what you will know it by' },
  scopes: { type: 'string', value: 'A,B', help: 'only these scopes; default: every scope of the server' },
  tools: { type: 'string', value: 'X,Y', help: 'only these tools; `*` stands for any characters' },
  tenant: { type: 'string', value: 'T', help: "the tenant it belongs to; default: the server's" },
  expires: { type: 'string', value: 'DURATION', help: 'as in 90d or 12h, or never; default: keys.maxAge' },
  notes: { type: 'string', value: 'TEXT', help: 'anything worth remembering' },
} as const

type Given = { readonly [Name in keyof CreateOptions]?: CreateOptions[Name] } & Pick<CreateOptions, 'server' | 'name'>

export function requested({ server, name, scopes, tools, tenant, expires, notes, deliver }: Given): CreateOptions {
  return { server, name, scopes, tools, tenant, expires, notes, deliver }
}

const COLUMNS = ['id', 'kind', 'server', 'name', 'status', 'expiresAt', 'lastUsedAt'] as const
const TITLES = ['ID', 'KIND', 'SERVER', 'NAME', 'STATUS', 'EXPIRES', 'LAST USED']

/** A table for people; the rest of what is known is in `--json`. */
export function formatList(listed: readonly Listed[], whenEmpty: string): string {
  if (listed.length === 0) return whenEmpty
  const rows = [TITLES, ...listed.map((each) => COLUMNS.map((column) => plain(each[column])))]
  const widths = TITLES.map((_, column) => Math.max(...rows.map((row) => (row[column] as string).length)))
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] as number))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

/** Labels are the operator's own, but a terminal obeys control characters whoever wrote them. */
function plain(value: unknown): string {
  return value === undefined ? '–' : String(value).replace(/\p{Cc}/gu, '?')
}
