/** As wide as a terminal may be expected to be. */
const WIDTH = 120
const GAP = 2

export interface Column<Row> {
  readonly title: string
  readonly cell: (row: Row, now: Date) => string
  /** As narrow as it may become where the table is too wide. Absent: what it says is of no use when cut. */
  readonly least?: number
  /** Gives way before the others do: its beginning is all that one looks at. */
  readonly yields?: boolean
}

/**
 * A table for people, of at most 120 columns: what is too long ends with `…`. All that is known, and all of it whole, is
 * in `--json`.
 */
export function formatTable<Row>(columns: readonly Column<Row>[], entries: readonly Row[], now = new Date()): string {
  const rows = [
    columns.map(({ title }) => title),
    ...entries.map((each) => columns.map(({ cell }) => plain(cell(each, now)))),
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
function fit<Row>(columns: readonly Column<Row>[], rows: readonly (readonly string[])[]): readonly number[] {
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
export function timeOf(iso: string | undefined, now: Date): string | undefined {
  if (iso === undefined) return undefined
  const day = iso.slice(0, 10)
  return day === now.toISOString().slice(0, 10) ? `${iso.slice(11, 16)} UTC` : day
}

/** Names are anybody's choice, and a terminal obeys control characters whoever wrote them. */
function plain(cell: string): string {
  return cell.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '?')
}
