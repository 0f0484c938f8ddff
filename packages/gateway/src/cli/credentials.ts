import { statSync } from 'node:fs'
import { dueAt, type Issued, type IssueTerms, issue, rotate } from '@portcullis/auth/keys'
import { READ_SCOPE, WRITE_SCOPE } from '@portcullis/auth/policy'
import type { CredentialKind, CredentialRecord, CredentialStore } from '@portcullis/auth/store'
import { didYouMean, parseDuration, publicUrlOf, type ServerSettings, type Settings } from '../config/index.ts'
import { ownerOf } from '../config/owner.ts'
import { isDatabaseFault, openStoresForCommand, type Stores, toFault } from '../state/index.ts'
import { Failure, UsageError } from './command.ts'
import { recordOperation } from './operation.ts'
import { lastGood, type Revoked } from './revoked.ts'

/** What `keys` and `urls` share: both manage credentials, which differ in how they are carried. */
export type Family = 'key' | 'url'

/**
 * Runs work on the store of a configuration, and closes it. What is done is on record before this returns.
 * @param onUnreadable Told the ids of credentials that are left out of a list because they are damaged.
 * @throws {Failure} that names the database when it cannot be used.
 */
export async function withStores<T>(
  settings: Settings,
  work: (stores: Stores) => Promise<T>,
  onUnreadable?: (id: string) => void,
): Promise<T> {
  const { store } = settings
  if (store.kind === 'memory') {
    throw new Failure('the store is `memory:`: its credentials are in the running gate and nowhere else')
  }
  let stores: Stores | undefined
  try {
    stores = openStoresForCommand(store, onUnreadable)
    return await work(stores)
  } catch (error) {
    throw isDatabaseFault(error) ? new Failure(faultOfDatabase(store.file, error)) : error
  } finally {
    stores?.close()
  }
}

/** What is wrong with a database; where this user may not use it, who may. */
export function faultOfDatabase(file: string, error: unknown): string {
  const { message, cause } = toFault(file, error)
  const { code, errcode = 0 } = (cause ?? {}) as { readonly code?: string; readonly errcode?: number }
  const isDenied = code === 'EACCES' || code === 'EPERM' || REFUSED_FILE.has(errcode & 0xff)
  return isDenied ? `${message}${ownerOf(file)}` : message
}

/** Codes of SQLite for a file that it may not write, or not open. */
const REFUSED_FILE = new Set([3, 8, 14])

/** @throws {Failure} where there is no database, so that looking for a credential does not make one. */
function expectDatabase(settings: Settings): void {
  const fault = faultOfPlace(settings)
  if (fault !== undefined) throw new Failure(fault)
}

function faultOfPlace({ store, file }: Settings): string | undefined {
  // Told apart from what this user may not look into: that is tried, and fails with its reason.
  if (store.kind === 'memory' || !isMissing(store.file)) return undefined
  return `${store.file}, which ${file} names, does not exist yet: no gate has run with it and no key was made`
}

function isMissing(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false }) === undefined
  } catch {
    return false
  }
}

export interface CreateOptions {
  readonly server: string
  readonly name: string
  readonly scopes: string | undefined
  readonly tools: string | undefined
  readonly tenant: string | undefined
  readonly expires: string | undefined
  readonly notes: string | undefined
  readonly deliver: string | undefined
}

/** Makes a credential as the options say. @throws {UsageError | Failure} before anything is written. */
export async function createCredential(
  settings: Settings,
  kind: CredentialKind,
  options: CreateOptions,
): Promise<Issued> {
  const now = nowSeconds()
  const terms = termsOf(settings, kind, options, now)
  // On record first: a key that nobody could account for is not made.
  const announce = (record: CredentialRecord): void => note(settings, record, 'created')
  return withStores(settings, ({ credentials }) => issue(credentials, terms, now, announce))
}

function termsOf(settings: Settings, kind: CredentialKind, options: CreateOptions, now: number): IssueTerms {
  const server = serverOf(settings, options.server)
  const mode = kind === 'secret-url' ? 'unlisted' : 'api-key'
  if (server.access.has('public')) {
    throw new Failure(
      `server ${server.name} is public: callers need no ${kind === 'secret-url' ? 'secret URL' : 'key'}`,
    )
  }
  if (!server.access.has(mode)) {
    throw new Failure(`server ${server.name} does not admit by ${mode}: add it to its \`access\``)
  }
  if (options.name.trim() === '') throw new UsageError('--name takes a label that you will know it by')
  const scopes = listOf(options.scopes, '--scopes')
  for (const scope of scopes ?? []) checkScope(server, scope)
  const tools = listOf(options.tools, '--tools')
  if (options.deliver !== undefined && !settings.keys.deliveries.has(options.deliver)) {
    throw new Failure(
      `there is no delivery ${options.deliver}${didYouMean(options.deliver, settings.keys.deliveries.keys())}`,
    )
  }
  const tenant = tenantOf(server, options.tenant)
  const expiresAt = expiryOf(options.expires, settings, now)
  return {
    kind,
    server: server.name,
    name: options.name,
    ...(scopes === undefined ? {} : { scopes }),
    ...(tools === undefined ? {} : { tools }),
    ...(tenant === undefined ? {} : { tenant }),
    ...(options.notes === undefined ? {} : { notes: options.notes }),
    ...(options.deliver === undefined ? {} : { delivery: options.deliver }),
    ...(expiresAt === undefined ? {} : { expiresAt }),
  }
}

function serverOf(settings: Settings, name: string): ServerSettings {
  const server = settings.servers.get(name)
  if (server === undefined) throw new Failure(`there is no server ${name}${didYouMean(name, settings.servers.keys())}`)
  return server
}

function checkScope(server: ServerSettings, scope: string): void {
  const known = [...Object.keys(server.scopes), READ_SCOPE, WRITE_SCOPE]
  if (!known.includes(scope)) {
    throw new Failure(`server ${server.name} knows no scope ${scope}${didYouMean(scope, known)}`)
  }
}

function tenantOf(server: ServerSettings, tenant: string | undefined): string | undefined {
  if (server.tenant !== undefined && tenant !== undefined && tenant !== server.tenant) {
    throw new Failure(`server ${server.name} belongs to another tenant`)
  }
  return tenant ?? server.tenant
}

function listOf(text: string | undefined, option: string): readonly string[] | undefined {
  if (text === undefined) return undefined
  const items = text.split(',').map((item) => item.trim())
  if (items.some((item) => item === '')) throw new UsageError(`${option} takes names with commas between them`)
  return [...new Set(items)]
}

/** Without a word the age limit is the expiry: a key that nobody renews ends. To outlive it, one has to say `never`. */
function expiryOf(text: string | undefined, settings: Settings, now: number): number | undefined {
  const maxAge = settings.keys.maxAgeSeconds
  if (text === undefined) return now + maxAge
  if (text === 'never') return undefined
  const ms = parseDuration(text)
  if (ms === undefined || ms < 1000) throw new UsageError('--expires takes a duration such as 30d or 12h, or never')
  if (ms > maxAge * 1000) {
    const limit = `\`keys.maxAge\`, which is ${spoken(maxAge)}`
    throw new Failure(`--expires ${text} is beyond ${limit}: ask for less, or raise that in ${settings.file}`)
  }
  return now + Math.floor(ms / 1000)
}

const UNITS = [
  ['d', 86_400],
  ['h', 3600],
  ['m', 60],
  ['s', 1],
] as const

/** Seconds as somebody would write them in the configuration. */
function spoken(seconds: number): string {
  const [unit, size] = UNITS.find(([, each]) => seconds % each === 0) ?? ['s', 1]
  return `${seconds / size}${unit}`
}

export async function rotateCredential(
  settings: Settings,
  family: Family,
  id: string,
  overlap: string | undefined,
): Promise<{ readonly issued: Issued; readonly endsAt: number }> {
  const ms = overlap === undefined ? settings.keys.overlapSeconds * 1000 : parseDuration(overlap)
  if (ms === undefined) throw new UsageError('--overlap takes a duration such as 24h, or 0s')
  expectDatabase(settings)
  const { result, found } = await withStores(settings, async ({ credentials }) => {
    const found = await findOne(credentials, family, id, 'rotate')
    const announce = (successor: CredentialRecord): void =>
      note(settings, { ...successor, id }, 'rotated', `by ${successor.id}`)
    const result = await rotate(credentials, id, Math.floor(ms / 1000), nowSeconds(), announce)
    return { result, found: result.kind === 'replaced' ? ((await find(credentials, id)) ?? found) : found }
  })
  if (result.kind === 'replaced') {
    const { replacedBy } = found
    throw new Failure(`it has been rotated already; rotate its successor${replacedBy ? `, ${replacedBy}` : ''}`)
  }
  if (result.kind !== 'rotated') throw new Failure(WHY_NOT_ROTATED[result.kind])
  return result
}

const WHY_NOT_ROTATED = {
  unknown: 'there is no such credential',
  revoked: 'it was revoked; create a new one',
  expired: 'it has expired; create a new one',
} as const

export async function revokeCredential(settings: Settings, family: Family, id: string): Promise<Revoked> {
  expectDatabase(settings)
  const { record, outcome, successor } = await withStores(settings, async ({ credentials }) => {
    const found = await findOne(credentials, family, id, 'revoke')
    const outcome = await credentials.revoke(id, nowSeconds())
    // Only a hint: what cannot be read of others is no reason to say nothing of this one.
    const successor = await lastGood(found, (next) => find(credentials, next), nowSeconds()).catch(() => undefined)
    return { record: found, outcome, successor }
  })
  // Ending a key is never put off: the record comes second, and its failure is told.
  if (outcome === 'revoked') note(settings, record, 'revoked')
  return { isNew: outcome === 'revoked', successor }
}

/** @throws {Failure} when there is none, or none of this family, or none that can be read. */
async function findOne(
  credentials: CredentialStore,
  family: Family,
  id: string,
  command: 'rotate' | 'revoke',
): Promise<CredentialRecord> {
  const record = await find(credentials, id)
  if (record === undefined) {
    throw new Failure(`there is no ${family} ${id}; IDs are listed by \`portcullis ${family}s list\``)
  }
  const actual: Family = record.kind === 'secret-url' ? 'url' : 'key'
  if (actual !== family) {
    const whose = actual === 'url' ? "a URL's" : "a key's"
    throw new Failure(`that is ${whose} ID: use \`portcullis ${actual}s ${command} ${id}\``)
  }
  return record
}

async function find(credentials: CredentialStore, id: string): Promise<CredentialRecord | undefined> {
  try {
    return await credentials.find(id)
  } catch (error) {
    if (isDatabaseFault(error)) throw error
    throw new Failure(`${(error as Error).message}. No gate lets it in`)
  }
}

/** A credential as the operator sees it: times as ISO 8601, no digest. */
export interface Listed {
  readonly id: string
  readonly kind: CredentialKind
  readonly client: string
  readonly server: string
  readonly name: string
  readonly status: 'active' | 'expired' | 'revoked'
  readonly tenant: string | undefined
  readonly scopes: readonly string[] | undefined
  readonly tools: readonly string[] | undefined
  readonly notes: string | undefined
  readonly delivery: string | undefined
  readonly replacedBy: string | undefined
  readonly createdAt: string | undefined
  readonly expiresAt: string | undefined
  readonly revokedAt: string | undefined
  readonly lastUsedAt: string | undefined
  readonly dueAt: string | undefined
}

export async function listCredentials(
  settings: Settings,
  family: Family,
  server: string | undefined,
  stderr: (text: string) => void,
): Promise<Listed[]> {
  if (server !== undefined) serverOf(settings, server)
  const missing = faultOfPlace(settings)
  if (missing !== undefined) {
    stderr(`portcullis: ${missing}\n`)
    return []
  }
  const warn = (id: string): void =>
    stderr(`portcullis: what is stored of ${JSON.stringify(id)} is damaged: left out\n`)
  const collect = async ({ credentials }: Stores): Promise<Listed[]> => {
    const listed: Listed[] = []
    let after = ''
    for (;;) {
      const page = await credentials.list({ after, limit: 1000, ...(server === undefined ? {} : { server }) })
      for (const record of page) {
        if ((record.kind === 'secret-url') === (family === 'url')) listed.push(toListed(record, settings))
      }
      if (page.length < 1000) return listed
      after = (page[page.length - 1] as CredentialRecord).id
    }
  }
  return withStores(settings, collect, warn)
}

function toListed(record: CredentialRecord, settings: Settings): Listed {
  const { id, kind, clientId, server, name, tenant, scopes, tools, notes, delivery, replacedBy } = record
  const now = nowSeconds()
  const isExpired = record.expiresAt !== undefined && record.expiresAt <= now
  const due = dueAt(record, settings.keys.maxAgeSeconds, now)
  return {
    id,
    kind,
    client: clientId,
    server,
    name,
    status: record.revokedAt !== undefined ? 'revoked' : isExpired ? 'expired' : 'active',
    tenant,
    scopes,
    tools,
    notes,
    delivery,
    replacedBy,
    createdAt: isoTime(record.createdAt),
    expiresAt: isoTime(record.expiresAt),
    revokedAt: isoTime(record.revokedAt),
    lastUsedAt: isoTime(record.lastUsedAt),
    dueAt: isoTime(due),
  }
}

/** The address that a secret opens. */
export interface SecretUrl {
  readonly url: string
  /** What is said of it to people when no `publicUrl` says where the gate is: it may listen elsewhere. */
  readonly caveat?: string
}

export function secretUrl(settings: Settings, { record, secret }: Issued): SecretUrl {
  const path = `/${record.server}/mcp/${secret}`
  const origin = publicUrlOf(settings)
  if (settings.publicUrl !== undefined) return { url: origin + path }
  if (settings.listen.port !== 0) {
    const caveat = `The address is assumed from the configuration: if the gate listens elsewhere, replace ${origin}.`
    return { url: origin + path, caveat }
  }
  const open = publicUrlOf(settings, 1).replace(/:1$/, ':PORT')
  return {
    url: open + path,
    caveat: 'The configuration leaves the port open: put the one that the gate printed for PORT.',
  }
}

export function isoTime(seconds: number | undefined): string | undefined {
  return seconds === undefined ? undefined : new Date(seconds * 1000).toISOString()
}

function nowSeconds(): number {
  return Math.floor(Date.now() / 1000)
}

function note(
  settings: Settings,
  { id, kind, clientId, server, tenant }: CredentialRecord,
  what: 'created' | 'rotated' | 'revoked',
  detail?: string,
): void {
  const type = `${kind === 'secret-url' ? 'url' : 'key'}.${what}` as const
  try {
    recordOperation(settings, { actor: 'command', type, credentialId: id, clientId, server, tenant, detail })
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? (error as Error).message
    const state = what === 'revoked' ? `${id} is revoked, but that` : 'nothing was changed: it'
    throw new Failure(`${state} could not be recorded in ${settings.record.directory} (${code})`)
  }
}
