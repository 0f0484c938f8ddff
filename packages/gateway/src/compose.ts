/**
 * The roof: knows every room and lets them know each other. Configuration → stores → guard → upstreams → proxy →
 * front door.
 */
import type { Server } from 'node:http'
import { Guard } from '@portcullis/auth/guard'
import { visitorRules } from '@portcullis/auth/http'
import { compileRules, compileScopes, TaskLedger } from '@portcullis/auth/policy'
import type { Issuer } from '@portcullis/issuer'
import { publicUrlOf, type ServerSettings, type Settings } from './config/index.ts'
import {
  beforeOpening,
  createFrontDoor,
  createListener,
  drain,
  limitConnections,
  listen,
  onRequest,
  peerReader,
} from './edge/index.ts'
import { keepKeys } from './keys/index.ts'
import type { Log } from './log/index.ts'
import {
  externalIssuers,
  needsIssuer,
  openEmbeddedIssuer,
  publishedKeys,
  resourceDocuments,
  tokenTermsOf,
  underName,
} from './oauth/index.ts'
import { createProxy, Lobby, type ProxiedServer, Standing } from './proxy/index.ts'
import { type Kept, keepRecord, type Recorder } from './record/index.ts'
import { Sessions } from './sessions/index.ts'
import { openAudit, openStores, readSealingKey, type Stores } from './state/index.ts'
import { Connections, createHttpUpstream } from './upstream/http/index.ts'
import { ChildBudget, createStdioUpstream } from './upstream/stdio/index.ts'
import type { Upstream } from './upstream/upstream.ts'

/** How often streams are held against what changed, in milliseconds: a revoked key's end within 250. */
const WATCH_MS = 200
const USES_MS = 5000
const SWEEP_MS = 60_000
const KEYS_MS = 3_600_000
/** How long a program has for its first answer, in milliseconds, unless none may take so long. */
const START_MS = 30_000
/** How long requests may take to finish when the gate closes, in milliseconds. */
const DRAIN_MS = 10_000

export interface Gate {
  /** The public origin. */
  readonly url: string
  /** The MCP URL of each server. */
  readonly mcp: ReadonlyMap<string, string>
  readonly stores: Stores
  readonly recorder: Recorder
  /** The embedded issuer; absent where nobody signs in. */
  readonly issuer?: Issuer | undefined
  /** Finishes what is under way and ends everything the gate has started. */
  close(): Promise<void>
}

/** Starts a gate. @throws when a store cannot be opened or the address cannot be listened on. */
export async function openGate(settings: Settings, log: Log): Promise<Gate> {
  const stores = openStores(settings.store, warnOnce(log))
  const record = openRecord(settings, log)
  const { recorder } = record
  const now = () => Math.floor(Date.now() / 1000)
  const sealingKey = readSealingKey(settings.sealingKey, process.env)

  const listener = createListener({ ...settings.limits, ...(settings.listen.tls && { tls: settings.listen.tls }) })
  const capacity = limitConnections(listener, settings.limits.connections)
  let unready: string | undefined
  let frontDoor = beforeOpening
  onRequest(listener, (request, response) => frontDoor(request, response))
  const port = await listen(listener, settings.listen.host, settings.listen.port)
  const url = publicUrlOf(settings, port)
  const issuer = await openIssuer(settings, url, { stores, sealingKey, recorder, log }).catch((error: unknown) => {
    listener.close()
    throw error
  })
  const guard = new Guard({
    credentials: stores.credentials,
    now,
    defer: setImmediate,
    tokens: {
      issuers: [...(issuer ? [publishedKeys(url, issuer.keySet)] : []), ...externalIssuers(settings, log)],
      ...(issuer && { revocations: stores.issuer.revocations }),
    },
  })
  const budget = new ChildBudget(settings.stdio.maxTotal)
  const connections = new Connections(settings.limits.connections)
  const open = (server: ServerSettings) => openUpstream(server, settings, { budget, connections }, log)
  const servers = new Map(
    [...settings.servers].map(([name, server]) => [name, toProxied(server, open(server), url, settings)]),
  )
  const sessions = new Sessions({
    store: stores.sessions,
    sealingKey,
    maxSessions: settings.limits.sessions,
    now,
    onDropped: (session) => endUpstreamSession(servers.get(session.server)?.upstream, session),
  })
  const standing = new Standing()
  const proxy = createProxy({
    guard,
    sessions,
    lobby: new Lobby(),
    tasks: new TaskLedger(),
    standing,
    recorder,
    limits: settings.limits,
    onScopeDenied: ({ token }) => token?.grantId !== undefined && issuer?.noteScopeDenied(token.grantId),
    log,
  })
  frontDoor = createFrontDoor({
    visitors: visitorRules(hostsOf(settings, url, port), settings.cors.origins),
    servers,
    capacity,
    peerOf: peerReader(settings.trustedProxies),
    unready: () => unready ?? (record.fault() === undefined ? undefined : 'The record cannot be written.'),
    proxy,
    documents: resourceDocuments(servers),
    byName: serversByName(servers, otherUrlsOf(settings, url)),
    issuer,
  })
  const chores = startChores(guard, sessions, settings, log)
  const keeper = { credentials: stores.credentials, settings: settings.keys, recorder, log, now }
  chores.push(every(KEYS_MS, log, () => keepKeys(keeper)))
  void Promise.try(() => keepKeys(keeper)).catch((error: unknown) =>
    log.error({ err: error }, 'keys were not looked at'),
  )
  recorder.operation({ type: 'gate.started', actor: 'gate' })
  return {
    url,
    mcp: new Map([...servers.keys()].map((name) => [name, `${url}/${name}/mcp`])),
    stores,
    recorder,
    issuer,
    async close() {
      unready = 'The gate is closing.'
      for (const chore of chores) clearInterval(chore)
      await closeGate(listener, servers, standing)
      issuer?.close()
      // When keys were last used is worth less than an end in good order.
      await guard.directory.writeUses().catch((error: unknown) => log.warn({ err: error }, 'last uses are not kept'))
      await record.close()
      stores.close()
    },
  }
}

/** The list of credentials is read again and again; a damaged one is told of once. */
function warnOnce(log: Log): (id: string) => void {
  const told = new Set<string>()
  return (credential) => {
    if (told.has(credential)) return
    told.add(credential)
    log.warn({ credential }, 'what is stored of a credential is damaged: nobody is let in by it')
  }
}

function openRecord(settings: Settings, log: Log): Kept {
  const { directory, segmentBytes, retainSeconds, stderr } = settings.record
  const { audit, close } = openAudit(settings.store)
  const kept = keepRecord({
    directory,
    segmentBytes,
    retentionMs: retainSeconds * 1000,
    store: settings.store.kind === 'memory' ? undefined : audit,
    isRequired: !settings.dangerouslyServeUnrecorded,
    mirror: stderr ? (event: object) => log.info({ event }, 'record') : undefined,
    log,
  })
  return {
    ...kept,
    async close() {
      await kept.close()
      close()
    },
  }
}

function openIssuer(
  settings: Settings,
  url: string,
  { stores, sealingKey, recorder, log }: Pick<Gate, 'stores' | 'recorder'> & { sealingKey: Uint8Array; log: Log },
) {
  if (!needsIssuer(settings)) return Promise.resolve(undefined)
  const scopesOf = ({ scopes }: ServerSettings) => [...compileScopes(scopes).all]
  return openEmbeddedIssuer({
    settings,
    url,
    otherUrls: otherUrlsOf(settings, url),
    stores,
    sealingKey,
    scopesOf,
    recorder,
    log,
  })
}

function toProxied(server: ServerSettings, upstream: Upstream, url: string, settings: Settings): ProxiedServer {
  const { name, access, scopes, rules, clients, methods, tenant } = server
  const isRuled = rules.length > 0 || Object.keys(clients).length > 0
  return {
    name,
    access,
    scopes: compileScopes(scopes),
    ...(isRuled && { rules: compileRules({ rules, clients }) }),
    furtherMethods: methods,
    forwardFields: server.upstream.kind === 'http' ? server.upstream.forwardHeaders : [],
    hasLastingSessions: server.upstream.kind === 'http',
    upstream,
    ...(tenant === undefined ? {} : { tenant }),
    ...tokenTermsOf(server, settings, url),
    isBesideSignIn: [...settings.servers.values()].some((other) => other.access.has('oauth')),
  }
}

/** What all servers of a gate share. */
interface Room {
  readonly budget: ChildBudget
  readonly connections: Connections
}

function openUpstream({ name, upstream }: ServerSettings, settings: Settings, room: Room, log: Log): Upstream {
  if (upstream.kind === 'http') {
    const { url, headers } = upstream
    return createHttpUpstream({
      url,
      headers,
      silenceMs: settings.limits.upstreamHeadersTimeoutMs,
      connections: room.connections,
      warn: (message, fields) => log.warn({ server: name, ...fields }, message),
    })
  }
  const { command, args, env, cwd } = upstream
  const { maxPerPrincipal, idleMs, answerTimeoutMs } = settings.stdio
  return createStdioUpstream({
    name,
    command,
    args,
    env,
    cwd,
    budget: room.budget,
    maxPerPrincipal,
    idleMs,
    answerTimeoutMs,
    // The first answer is an answer, too.
    startTimeoutMs: Math.min(START_MS, answerTimeoutMs),
    maxLineBytes: settings.limits.eventBytes,
    log: (level, message, fields) => log[level]({ server: name, ...fields }, message),
  })
}

/** An idle session that is given up is ended at its upstream too, so that nothing is kept there for nobody. */
function endUpstreamSession(
  upstream: Upstream | undefined,
  session: { readonly upstreamSession: string; readonly principalKey: string },
): void {
  const nobody = {
    start() {},
    write: () => true,
    end() {},
    fail() {},
    onDrain() {},
    onLeave() {},
  }
  const { upstreamSession, principalKey } = session
  upstream?.send({ era: 'legacy', method: 'DELETE', headers: [], upstreamSession, principalKey }, nobody)
}

/** On this machine people type any of its names; elsewhere there is one. */
function otherUrlsOf(settings: Settings, url: string): readonly string[] {
  const { protocol, port, host } = new URL(url)
  if (settings.publicUrl !== undefined || !isLoopbackName(settings.listen.host)) return []
  return LOCAL_NAMES.map((name) => `${name}:${port}`).flatMap((name) => (name === host ? [] : [`${protocol}//${name}`]))
}

function serversByName(servers: ReadonlyMap<string, ProxiedServer>, urls: readonly string[]) {
  return new Map(
    urls.map((url) => {
      const own = new Map([...servers].map(([name, server]) => [name, underName(server, url)]))
      return [new URL(url).host, { servers: own, documents: resourceDocuments(own) }]
    }),
  )
}

const LOCAL_NAMES = ['127.0.0.1', 'localhost', '[::1]']

function isLoopbackName(host: string): boolean {
  return ['127.0.0.1', '::1', 'localhost'].includes(host)
}

/** The names this gate goes by: its public one, those the operator adds, and on loopback the usual ones. */
function hostsOf(settings: Settings, url: string, port: number): string[] {
  const local = isLoopbackName(settings.listen.host) ? LOCAL_NAMES.map((host) => `${host}:${port}`) : []
  return [new URL(url).host, ...settings.allowedHosts, ...local]
}

function startChores(guard: Guard, sessions: Sessions, settings: Settings, log: Log): NodeJS.Timeout[] {
  return [
    every(WATCH_MS, log, () => (guard.watch.size > 0 ? guard.watch.look() : undefined)),
    every(USES_MS, log, () => guard.directory.writeUses()),
    every(SWEEP_MS, log, () => sessions.sweep(settings.limits.sessionIdleMs / 1000)),
  ]
}

/** A chore that fails is tried again at its next turn. */
function every(ms: number, log: Log, chore: () => Promise<void> | void): NodeJS.Timeout {
  return setInterval(() => {
    Promise.try(chore).catch((error: unknown) => log.error({ err: error }, 'a chore failed'))
  }, ms).unref()
}

async function closeGate(
  listener: Server,
  servers: ReadonlyMap<string, ProxiedServer>,
  standing: Standing,
): Promise<void> {
  const drained = drain(listener, DRAIN_MS)
  standing.closeAll()
  await drained
  await Promise.all([...servers.values()].map(({ upstream }) => upstream.close()))
}
