import type { AuditEvent } from '@portcullis/auth/events'
import { tame } from '../text/index.ts'

/**
 * Columns of the table, and how wide each is at least: a page looks like the next one, whatever happens to be on it.
 * What is as long as its caller likes comes last.
 */
const COLUMNS = [
  ['TIME', 24],
  ['SERVER', 8],
  ['CREDENTIAL', 16],
  ['FROM', 16],
  ['DECISION', 8],
  ['OUTCOME', 15],
  ['STATUS', 6],
  ['MS', 8],
  ['WHAT', 0],
] as const
type Column = (typeof COLUMNS)[number][0]
type Row = Readonly<Partial<Record<Column, string | number | undefined>>>

const NONE = '–'
/** Events for people: one line each, under a line that names the columns. `--json` has the rest of what is known. */
export function formatEvents(events: readonly AuditEvent[]): string {
  const titles = Object.fromEntries(COLUMNS.map(([column]) => [column, column]))
  const rows = [titles, ...events.map(rowOf)].map((row: Row) =>
    COLUMNS.map(([column]) => tame(`${row[column] ?? NONE}`)),
  )
  const widths = COLUMNS.map(([, least], at) => Math.max(least, ...rows.map((row) => (row[at] as string).length)))
  return rows.map((row) => row.map((cell, at) => padded(cell, at, widths)).join('  ')).join('\n')
}

function padded(cell: string, at: number, widths: readonly number[]): string {
  return at === COLUMNS.length - 1 ? cell : cell.padEnd(widths[at] as number)
}

function rowOf(event: AuditEvent): Row {
  const TIME = new Date(event.at).toISOString()
  const SERVER = event.server
  switch (event.type) {
    case 'request': {
      const { principal, peer, decision, outcome, status, durationMs } = event
      // A token is gone in minutes; who comes back is the client.
      const CREDENTIAL = (isToken(principal?.kind) ? principal?.clientId : principal?.credentialId) ?? 'anyone'
      const ended = { OUTCOME: outcome, STATUS: status, MS: durationMs?.toFixed(1) }
      return { TIME, SERVER, CREDENTIAL, FROM: peer, DECISION: decision, ...ended, WHAT: whatOf(event) }
    }
    case 'refusals': {
      const counts = Object.entries(event.counts).map(([reason, count]) => `${reason} ${count}`)
      return { TIME, SERVER, FROM: event.network, DECISION: 'refused', WHAT: `strangers: ${counts.join(', ')}` }
    }
    default: {
      const { type, clientId, accountId, grantId, credentialId, detail } = event
      const about = Object.entries({ account: accountId, client: clientId, grant: grantId })
      const named = about.flatMap(([what, id]) => (id === undefined ? [] : [`${what} ${id}`]))
      const facts = [type, ...named, detail]
      return { TIME, SERVER, CREDENTIAL: credentialId, WHAT: facts.filter((fact) => fact !== undefined).join('  ') }
    }
  }
}

/** A caller's words stand in quotes, so that none of them can be taken for one of ours. */
function whatOf({ verb, method, name, reason }: Extract<AuditEvent, { type: 'request' }>): string {
  const asked = method === undefined ? verb : /^[\w/$.-]+$/.test(method) ? method : JSON.stringify(method)
  return `${asked}${name === undefined ? '' : ` ${JSON.stringify(name)}`}${reason === undefined ? '' : `  (${reason})`}`
}

function isToken(kind: string | undefined): boolean {
  return kind === 'oauth' || kind === 'jwt'
}
