import type { Listed } from './credentials.ts'

/** As wide as a terminal may be expected to be. */
const WIDTH = 120
const GAP = 2

interface Column {
  readonly title: string
  readonly cell: (listed: Listed, now: Date) => string
  /** As narrow as it may become where the table is too wide. Absent: what it says is of no use when cut. */
  readonly least?: number
  /** Gives way before the others do: its beginning is all that one looks at. */
  readonly yields?: boolean
}

const COLUMNS: readonly Column[] = [
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

/**
 * A table for people, of at most 120 columns: what is too long ends with `…`. All that is known, and all of it whole, is
 * in `--json`.
 */
export function formatList(listed: readonly Listed[], whenEmpty: string, now = new Date()): string {
  if (listed.length === 0) return whenEmpty
  // Secret URLs are of one kind, and the command says which.
  const columns = COLUMNS.filter(({ title }) => title !== 'KIND' || listed.some(({ kind }) => kind !== 'secret-url'))
  const rows = [
    columns.map(({ title }) => title),
    ...listed.map((each) => columns.map(({ cell }) => plain(cell(each, now)))),
  ]
  const widths = fit(columns, rows)
  return rows
    .map((row) =>
      row
        .map((cell, at) => cut(cell, widths[at] as number))
        .join(' '.repeat(GAP))
        .trimEnd(),
    )
    .join('\n')
}

/** How wide each column is: as its longest cell, unless all together are too wide; then those give way that can. */
function fit(columns: readonly Column[], rows: readonly (readonly string[])[]): readonly number[] {
  const widths = columns.map((_, at) => Math.max(...rows.map((row) => lengthOf(row[at] as string))))
  const excess = widths.reduce((sum, width) => sum + width + GAP, -GAP) - WIDTH
  for (let given = 0; given < excess; given++) {
    const able = columns
      .map(({ least = Infinity, yields = false }, at) => ({ at, width: widths[at] as number, least, yields }))
      .filter(({ width, least }) => width > least)
    const [first] = able.toSorted((a, b) => Number(b.yields) - Number(a.yields) || b.width - a.width)
    if (first === undefined) break
    widths[first.at] = first.width - 1
  }
  return widths
}

function cut(cell: string, width: number): string {
  const letters = [...cell]
  const shown = letters.length <= width ? cell : `${letters.slice(0, width - 1).join('')}…`
  return shown + ' '.repeat(width - lengthOf(shown))
}

function lengthOf(cell: string): number {
  return [...cell].length
}

/** The day, and for today the time. */
function timeOf(iso: string | undefined, now: Date): string | undefined {
  if (iso === undefined) return undefined
  const day = iso.slice(0, 10)
  return day === now.toISOString().slice(0, 10) ? `${iso.slice(11, 16)} UTC` : day
}

function namesOf(names: readonly string[] | undefined): string {
  return names === undefined ? 'all' : names.join(',')
}

/** Labels are the operator's own, but a terminal obeys control characters whoever wrote them. */
function plain(cell: string): string {
  return cell.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '?')
}
