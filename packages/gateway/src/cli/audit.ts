import { type AuditEvent, type AuditFilter, DECISIONS, OUTCOMES } from '@portcullis/auth/events'
import { parseDuration } from '../config/index.ts'
import { queryRecord } from '../record/index.ts'
import { openAudit } from '../state/index.ts'
import { defineCommand, type Group, UsageError } from './command.ts'

const query = defineCommand({
  usage: '[--since 1h] [--server NAME] [--client ID] [--key ID] [--tool NAME] [--decision D] [--outcome O] [--limit N]',
  about:
    'Shows what the gates have recorded, newest first: what is in the store and what still waits in the spool.\n' +
    'Works while they run, and when none does.',
  options: {
    since: { type: 'string', value: 'WHEN', help: 'a duration such as 1h (ago), or an ISO 8601 time' },
    until: { type: 'string', value: 'WHEN', help: 'likewise' },
    server: { type: 'string', value: 'NAME', help: 'only this server' },
    tenant: { type: 'string', value: 'T', help: 'only this tenant' },
    client: { type: 'string', value: 'ID', help: 'only this client' },
    key: { type: 'string', value: 'ID', help: 'only this credential, by its public id' },
    method: { type: 'string', value: 'METHOD', help: 'only this method, such as tools/call' },
    tool: { type: 'string', value: 'NAME', help: 'only this tool, resource or prompt' },
    decision: { type: 'string', value: DECISIONS.join('|'), help: 'only this decision' },
    outcome: { type: 'string', value: OUTCOMES.join('|'), help: 'only this outcome' },
    type: { type: 'string', value: 'TYPE', help: 'only this type of event: request, refusals, key.created …' },
    limit: { type: 'string', value: 'N', help: '1 to 10000; default 100' },
    after: { type: 'string', value: 'ID', help: 'continue behind this event' },
  },
  async run({ values, settings, answer }) {
    const { store, record } = await settings()
    const { since, until, server, tenant, client, key, method, tool, decision, outcome, type, limit, after } = values
    const filter = {
      since: momentOf(since, '--since'),
      until: momentOf(until, '--until'),
      server,
      tenant,
      clientId: client,
      credentialId: key,
      method,
      name: tool,
      decision: oneOf(decision, DECISIONS, '--decision'),
      outcome: oneOf(outcome, OUTCOMES, '--outcome'),
      type,
      limit: limitOf(limit),
      after,
    } as AuditFilter
    const { audit, close } = openAudit(store)
    try {
      const events = await queryRecord(filter, { directory: record.directory, store: audit })
      answer({ events }, events.length === 0 ? 'Nothing is recorded.' : events.map(line).join('\n'))
    } finally {
      close()
    }
    return 0
  },
})

export const group: Group = {
  commands: [{ name: 'query', summary: 'Show recorded events, newest first', load: async () => query }],
}

function momentOf(text: string | undefined, option: string): number | undefined {
  if (text === undefined) return undefined
  const ago = parseDuration(text)
  const moment = ago === undefined ? Date.parse(text) : Date.now() - ago
  if (Number.isNaN(moment)) throw new UsageError(`${option} takes a duration such as 1h, or an ISO 8601 time`)
  return moment
}

function oneOf<T extends string>(text: string | undefined, known: readonly T[], option: string): T | undefined {
  if (text === undefined || (known as readonly string[]).includes(text)) return text as T | undefined
  throw new UsageError(`${option} takes one of ${known.join(', ')}`)
}

function limitOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const limit = Number(text)
  if (!Number.isInteger(limit) || limit < 1 || limit > 10_000) throw new UsageError('--limit takes 1 to 10000')
  return limit
}

/** A method is the caller's word, too; the usual ones need no quotes. */
function plain(method: string): string {
  return /^[\w/$.-]+$/.test(method) ? method : shown(method)
}

/** A caller's own words as a JSON string in which nothing moves the cursor or turns the text around. */
function shown(text: string): string {
  const hidden = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu
  return JSON.stringify(text).replace(hidden, (one) => `\\u{${one.codePointAt(0)?.toString(16)}}`)
}

/** One event for people, on one line. */
function line(event: AuditEvent): string {
  const time = new Date(event.at).toISOString()
  if (event.type === 'refusals') {
    const counts = Object.entries(event.counts).map(([reason, count]) => `${reason} ${count}`)
    return `${time}  refused strangers  ${event.network}  ${event.server ?? ''}  ${counts.join(', ')}`
  }
  if (event.type !== 'request') {
    const facts = [event.server, event.clientId, event.credentialId, event.detail].filter((fact) => fact !== undefined)
    return `${time}  ${event.type}  ${facts.join('  ')}`
  }
  const { server, principal, method, name, decision, reason, outcome, status, durationMs, verb, peer } = event
  const what = `${method === undefined ? verb : plain(method)}${name === undefined ? '' : ` ${shown(name)}`}`
  const why = reason === undefined ? '' : ` (${reason})`
  const took = durationMs === undefined ? '' : `  ${durationMs} ms`
  return `${time}  ${server}  ${principal?.credentialId ?? 'anyone'}  ${peer}  ${what}  ${decision}${why}  ${outcome} ${status ?? ''}${took}`
}
