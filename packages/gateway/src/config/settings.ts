import type { RemoteIssuerOptions, SharedSecretOptions } from '@portcullis/auth/issuers'
import type { Problem } from './problem.ts'

/**
 * The configuration, settled: defaults filled in, paths absolute, durations and sizes as numbers with their unit in
 * the name. Nothing here needs checking again. What each setting means is written in docs/configuration.md.
 */
export interface Settings {
  /** The file this came from, and the directory that its relative paths start at. Both absolute. */
  readonly file: string
  readonly directory: string
  /** Origin without a trailing slash. Absent when not configured: ask `publicUrlOf`, for the port may be 0 until bound. */
  readonly publicUrl?: string
  readonly listen: ListenSettings
  /** Lower-case `host` or `host:port` values that a request's Host may have beside those of the public URL. */
  readonly allowedHosts: readonly string[]
  readonly cors: { readonly origins: readonly string[] }
  /** IP addresses and CIDR ranges, as `ipaddr.js` parses them. */
  readonly trustedProxies: readonly string[]
  readonly dangerouslyServePlainHttp: boolean
  readonly dangerouslyServeUnrecorded: boolean
  readonly store: StoreSettings
  readonly sealingKey: SealingKeySettings
  readonly limits: LimitSettings
  readonly stdio: StdioSettings
  readonly keys: KeySettings
  readonly oauth: OauthSettings
  /** Identity providers, by name. */
  readonly issuers: ReadonlyMap<string, IssuerSettings>
  readonly record: RecordSettings
  readonly log: { readonly level: LogLevel }
  /** By name, in the order of the file. A map, for a server may be called `constructor`. */
  readonly servers: ReadonlyMap<string, ServerSettings>
  /** To be printed at every start. */
  readonly warnings: readonly Problem[]
}

export interface ListenSettings {
  readonly host: string
  /** 0: any free port. */
  readonly port: number
  /** Files that could be read, and belonged together, when the configuration was loaded. */
  readonly tls?: { readonly certFile: string; readonly keyFile: string }
}

export type StoreSettings = { readonly kind: 'sqlite'; readonly file: string } | { readonly kind: 'memory' }

/** The file need not exist yet; the variable is set. */
export type SealingKeySettings =
  | { readonly kind: 'file'; readonly file: string }
  | { readonly kind: 'env'; readonly name: string }

export interface LimitSettings {
  readonly bodyBytes: number
  readonly headerBytes: number
  readonly headersTimeoutMs: number
  readonly bodyTimeoutMs: number
  readonly upstreamHeadersTimeoutMs: number
  readonly eventBytes: number
  readonly sessions: number
  readonly sessionIdleMs: number
  readonly connections: number
}

export interface StdioSettings {
  readonly maxPerPrincipal: number
  readonly maxTotal: number
  readonly idleMs: number
  readonly answerTimeoutMs: number
}

export interface KeySettings {
  readonly maxAgeSeconds: number
  /** Longest first; each shorter than `maxAgeSeconds`. */
  readonly remindBeforeSeconds: readonly number[]
  readonly overlapSeconds: number
  readonly rotateBeforeSeconds: number
  readonly deliveries: ReadonlyMap<string, Delivery>
}

/** Where a key that was rotated by itself is handed over. */
export type Delivery =
  | { readonly kind: 'file'; readonly file: string }
  | { readonly kind: 'command'; readonly command: string; readonly args: readonly string[] }

export interface OauthSettings {
  readonly accessTokenSeconds: number
  readonly refreshTokenSeconds: number
  readonly grantSeconds: number
  readonly registration: 'open' | 'gated' | 'off'
  /** Host patterns. `allow` absent: every public https host; empty: none. */
  readonly documents: { readonly allow?: readonly string[]; readonly block: readonly string[] }
  /** Whole URIs with the scheme of an application. */
  readonly redirectUris: readonly string[]
  readonly signingAlgorithm: 'ES256' | 'EdDSA'
}

/** Whose tokens count beside those of the issuer inside the gate. */
export interface IssuerSettings {
  readonly name: string
  /** What its tokens have as `iss`; of a shared secret without one, a name that stands for it. */
  readonly identifier: string
  /** As the library takes them, checked by it. */
  readonly options: RemoteIssuerOptions | SharedSecretOptions
}

export interface RecordSettings {
  readonly directory: string
  readonly segmentBytes: number
  readonly retainSeconds: number
  readonly stderr: boolean
}

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent'

export type AccessMode = 'public' | 'unlisted' | 'api-key' | 'oauth' | 'jwt'

export interface ServerSettings {
  readonly name: string
  readonly upstream: UpstreamSettings
  /** Not empty; `public` stands alone. */
  readonly access: ReadonlySet<AccessMode>
  /** Whose tokens count: names of `Settings.issuers`, and `embedded`. Not empty where `access` has `oauth` or `jwt`. */
  readonly issuers: readonly string[]
  /** What issuers elsewhere call this server, where it is not its URL. */
  readonly audience?: readonly string[]
  /** Scope name to tool patterns, in which `*` stands for any characters. */
  readonly scopes: Readonly<Record<string, readonly string[]>>
  /** What tools ask for beside the scopes. */
  readonly rules: readonly RuleSettings[]
  /** By client id: the only tools that it may use, by pattern. */
  readonly clients: Readonly<Record<string, readonly string[]>>
  /** By scope: what it means, in words for people. */
  readonly scopeTexts: Readonly<Record<string, string>>
  /** What a client that signs in should ask for first. */
  readonly baseScopes: readonly string[]
  /** Method names to let through beside those that the gate knows. */
  readonly methods: ReadonlySet<string>
  readonly tenant?: string
}

/** All that is named must hold; at least one is. */
export interface RuleSettings {
  readonly tools: readonly string[]
  readonly scopes?: readonly string[]
  readonly roles?: readonly string[]
  readonly tenant?: string
}

export type UpstreamSettings = HttpUpstreamSettings | StdioUpstreamSettings

export interface HttpUpstreamSettings {
  readonly kind: 'http'
  readonly url: string
  /** [name, value] with lower-case names; none that belongs to the connection or to MCP. */
  readonly headers: readonly (readonly [name: string, value: string])[]
  /** Lower-case names of request headers that travel on as the caller sent them; none that carries a credential. */
  readonly forwardHeaders: readonly string[]
}

export interface StdioUpstreamSettings {
  readonly kind: 'stdio'
  readonly command: string
  readonly args: readonly string[]
  /** All that the child is given, apart from what an operating system cannot start a process without. */
  readonly env: Readonly<Record<string, string>>
  readonly cwd: string
}

/** The public origin once the port is known. A public URL that was configured wins. */
export function publicUrlOf(settings: Settings, boundPort = settings.listen.port): string {
  if (settings.publicUrl !== undefined) return settings.publicUrl
  const { host, tls } = settings.listen
  const name = host.includes(':') ? `[${host}]` : host
  return new URL(`${tls ? 'https' : 'http'}://${name}:${boundPort}`).origin
}
