import { dirname, join, resolve } from 'node:path'
import { type Behind, behind, connectionsFor, descriptorLimit } from './descriptors.ts'
import { settleIssuer } from './issuer-options.ts'
import type {
  Delivery,
  KeySettings,
  LimitSettings,
  ListenSettings,
  SealingKeySettings,
  ServerSettings,
  Settings,
  StoreSettings,
  UpstreamSettings,
} from './settings.ts'
import type { ParsedSections, ParsedServer } from './shape.ts'
import { EMBEDDED } from './shape-issuers.ts'

const READ = 'mcp:read'
const DAY_MS = 86_400_000

export function toAbsolute(directory: string, path: string): string {
  return resolve(directory, path)
}

/** Fills in what depends on something else, and makes every path absolute. Nothing can be wrong any more. */
export function settle(
  parsed: Required<ParsedSections>,
  servers: ReadonlyMap<string, ParsedServer>,
  file: string,
): Omit<Settings, 'warnings'> {
  const directory = dirname(file)
  const at = (path: string) => toAbsolute(directory, path)
  const store: StoreSettings =
    parsed.store.kind === 'sqlite' ? { kind: 'sqlite', file: at(parsed.store.file) } : parsed.store
  const settled = [...servers].map(([name, server]) => settleServer(name, server, directory))
  const home = store.kind === 'sqlite' ? dirname(store.file) : directory
  return {
    file,
    directory,
    ...(parsed.publicUrl !== undefined && { publicUrl: parsed.publicUrl }),
    listen: settleListen(parsed.listen, at),
    allowedHosts: parsed.allowedHosts,
    cors: parsed.cors,
    trustedProxies: parsed.trustedProxies,
    dangerouslyServePlainHttp: parsed.dangerouslyServePlainHttp,
    dangerouslyServeUnrecorded: parsed.dangerouslyServeUnrecorded,
    store,
    sealingKey: settleSealingKey(parsed.sealingKey, home, at),
    limits: settleLimits(
      parsed.limits,
      behind(
        settled.map(({ upstream }) => upstream),
        parsed.stdio,
      ),
    ),
    stdio: {
      maxPerPrincipal: Math.min(parsed.stdio.maxPerPrincipal, parsed.stdio.maxTotal),
      maxTotal: parsed.stdio.maxTotal,
      idleMs: parsed.stdio.idle,
      answerTimeoutMs: parsed.stdio.answerTimeout,
    },
    keys: settleKeys(parsed.keys, at),
    oauth: {
      accessTokenSeconds: toSeconds(parsed.oauth.accessToken),
      refreshTokenSeconds: toSeconds(parsed.oauth.refreshToken),
      grantSeconds: toSeconds(parsed.oauth.grant),
      registration: parsed.oauth.registration,
      documents: {
        block: parsed.oauth.documents.block,
        ...(parsed.oauth.documents.allow !== undefined && { allow: parsed.oauth.documents.allow }),
      },
      redirectUris: parsed.oauth.redirectUris,
      signingAlgorithm: parsed.oauth.signingAlgorithm,
    },
    issuers: new Map(Object.entries(parsed.issuers).map(([name, issuer]) => [name, settleIssuer(name, issuer)])),
    record: {
      directory: parsed.record.directory === undefined ? join(home, 'spool') : at(parsed.record.directory),
      segmentBytes: parsed.record.segmentBytes,
      retainSeconds: toSeconds(parsed.record.retain),
      stderr: parsed.record.stderr,
    },
    log: parsed.log,
    servers: new Map(settled.map((server) => [server.name, server])),
  }
}

type Locate = (path: string) => string

function settleListen({ host, port, tls }: Required<ParsedSections>['listen'], at: Locate): ListenSettings {
  return { host, port, ...(tls && { tls: { certFile: at(tls.cert), keyFile: at(tls.key) } }) }
}

function settleSealingKey(key: ParsedSections['sealingKey'], home: string, at: Locate): SealingKeySettings {
  if (key === undefined) return { kind: 'file', file: join(home, 'sealing.key') }
  return 'env' in key ? { kind: 'env', name: key.env } : { kind: 'file', file: at(key.file) }
}

function settleLimits(limits: Required<ParsedSections>['limits'], servers: Behind): LimitSettings {
  return {
    bodyBytes: limits.bodyBytes,
    headerBytes: limits.headerBytes,
    headersTimeoutMs: limits.headersTimeout,
    bodyTimeoutMs: limits.bodyTimeout,
    upstreamHeadersTimeoutMs: limits.upstreamHeadersTimeout,
    eventBytes: limits.eventBytes,
    sessions: limits.sessions,
    sessionIdleMs: limits.sessionIdle,
    connections: limits.connections ?? connectionsFor(descriptorLimit(), servers),
  }
}

function settleKeys(keys: Required<ParsedSections>['keys'], at: Locate): KeySettings {
  const { maxAge } = keys
  const remindBefore = keys.remindBefore ?? [14 * DAY_MS, 7 * DAY_MS, DAY_MS].filter((before) => before < maxAge)
  const rotateBefore = keys.rotateBefore ?? (7 * DAY_MS < maxAge ? 7 * DAY_MS : maxAge / 2)
  const deliveries = Object.entries(keys.deliveries).map(([name, delivery]): [string, Delivery] => [
    name,
    'file' in delivery
      ? { kind: 'file', file: at(delivery.file) }
      : { kind: 'command', command: toProgram(delivery.command, at), args: delivery.args },
  ])
  return {
    maxAgeSeconds: toSeconds(maxAge),
    remindBeforeSeconds: remindBefore.map(toSeconds).sort((a, b) => b - a),
    overlapSeconds: toSeconds(keys.overlap),
    rotateBeforeSeconds: toSeconds(rotateBefore),
    deliveries: new Map(deliveries),
  }
}

function settleServer(name: string, server: ParsedServer, directory: string): ServerSettings {
  return {
    name,
    upstream: settleUpstream(server.upstream, directory),
    access: new Set(server.access),
    issuers: server.issuers ?? (server.access.includes('oauth') ? [EMBEDDED] : []),
    ...(server.audience !== undefined && { audience: server.audience }),
    scopes: server.scopes,
    rules: server.rules.map(({ tools, scopes, roles, tenant }) => ({
      tools,
      ...(scopes && { scopes }),
      ...(roles && { roles }),
      ...(tenant !== undefined && { tenant }),
    })),
    clients: server.clients,
    scopeTexts: server.scopeTexts,
    // Without a map every tool needs `mcp:write`: who asks for less would be sent back at the first call.
    baseScopes: server.baseScopes ?? (Object.keys(server.scopes).length > 0 ? [READ] : [READ, 'mcp:write']),
    methods: new Set(server.methods),
    ...(server.tenant !== undefined && { tenant: server.tenant }),
  }
}

function settleUpstream(upstream: ParsedServer['upstream'], directory: string): UpstreamSettings {
  const at = (path: string) => toAbsolute(directory, path)
  if ('command' in upstream) {
    const { command, args, env, cwd } = upstream
    return { kind: 'stdio', command: toProgram(command, at), args, env, cwd: cwd === undefined ? directory : at(cwd) }
  }
  const headers = Object.entries(upstream.headers).map(([name, value]) => [name.toLowerCase(), value] as const)
  return { kind: 'http', url: upstream.url, headers, forwardHeaders: upstream.forwardHeaders }
}

/** A bare name is looked for in the system's search path, as a shell would. */
function toProgram(command: string, at: Locate): string {
  return /^\.{1,2}[/\\]/.test(command) ? at(command) : command
}

/** Ages are counted in whole seconds; what is shorter than one still takes one. */
function toSeconds(ms: number): number {
  return Math.ceil(ms / 1000)
}
