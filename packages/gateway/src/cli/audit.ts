import { statSync } from 'node:fs'
import { type AuditFilter, DECISIONS, OPERATIONS, OUTCOMES, SIGN_IN_OPERATIONS } from '@portcullis/auth/events'
import { didYouMean, parseDuration, type Settings } from '../config/index.ts'
import { queryRecord } from '../record/index.ts'
import { auditFile, isDatabaseFault, openAudit } from '../state/index.ts'
import { tame } from '../text/index.ts'
import { formatEvents } from './audit-table.ts'
import { defineCommand, Failure, type Group, UsageError } from './command.ts'
import { readIdFilter } from './credential-id.ts'
import { faultOfDatabase } from './credentials.ts'
import { withoutSecrets } from './shown.ts'

const TYPES = ['request', 'refusals', ...OPERATIONS, ...SIGN_IN_OPERATIONS] as const

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
    method: { type: 'string', value: 'METHOD', help: 'only this method, such as tools/call, alone or in a batch' },
    tool: { type: 'string', value: 'NAME', help: 'only this tool, resource or prompt, alone or in a batch' },
    decision: { type: 'string', value: DECISIONS.join('|'), help: 'only this decision' },
    outcome: { type: 'string', value: OUTCOMES.join('|'), help: 'only this outcome' },
    type: { type: 'string', value: 'TYPE', help: 'only this type of event: request, refusals, key.created …' },
    limit: { type: 'string', value: 'N', help: '1 to 10000; default 100' },
    after: { type: 'string', value: 'ID', help: 'continue behind this event' },
  },
  async run({ values, settings, json, stdout, stderr }) {
    const { since, until, server, tenant, client, key, method, tool, decision, outcome, type, limit, after } = values
    const filter = {
      since: momentOf(since, '--since'),
      until: momentOf(until, '--until'),
      server,
      tenant,
      clientId: client,
      credentialId: key === undefined ? undefined : readIdFilter(key, '--key'),
      method,
      name: tool,
      decision: oneOf(decision, DECISIONS, '--decision'),
      outcome: oneOf(outcome, OUTCOMES, '--outcome'),
      type: oneOf(type, TYPES, '--type'),
      limit: limitOf(limit),
      after,
    } as AuditFilter
    const known = await settings()
    const events = await search(known, filter)
    if (events.length === 0 && server !== undefined) stderr(aboutServer(server, known))
    const text = events.length === 0 ? 'Nothing that is recorded matches.' : formatEvents(events)
    stdout(`${json ? tame(JSON.stringify({ events })) : text}\n`)
    return 0
  },
})

export const group: Group = {
  commands: [{ name: 'query', summary: 'Show recorded events, newest first', load: async () => query }],
}

/** @throws {Failure} that names the database when it cannot be used. */
async function search({ store, record }: Settings, filter: AuditFilter) {
  let opened: ReturnType<typeof openAudit> | undefined
  try {
    // What is not there is not made by a question.
    opened = openAudit(hasRecord(store) ? store : { kind: 'memory' })
    return await queryRecord(filter, { directory: record.directory, store: opened.audit })
  } catch (error) {
    throw store.kind === 'sqlite' && isDatabaseFault(error)
      ? new Failure(faultOfDatabase(auditFile(store.file), error))
      : error
  } finally {
    opened?.close()
  }
}

function hasRecord(store: Settings['store']): boolean {
  if (store.kind === 'memory') return false
  try {
    return statSync(auditFile(store.file), { throwIfNoEntry: false }) !== undefined
  } catch {
    return true // and opening it tells why it cannot be looked at
  }
}

/** A line where the name may be a slip of the hand. A server that is configured no more can still be on record. */
function aboutServer(name: string, { servers }: Settings): string {
  if (servers.has(name)) return ''
  const known = [...servers.keys()]
  const hint = didYouMean(name, known)
  return `portcullis: no server ${tame(withoutSecrets(name))} is configured, there are ${known.join(', ')}${hint}\n`
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
