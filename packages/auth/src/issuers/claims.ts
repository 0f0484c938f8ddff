import { type Claims, isDate } from '../protocol/index.ts'

/** A claim by its name, or by a path of names (`realm_access.roles`). As a list where a name in the path holds a dot. */
export type ClaimPath = string | readonly string[]

/** Which claims of an issuer say what. */
export interface ClaimNames {
  /** Default: `scope`, else `scp`, else `permissions`. A text with spaces between, or a list. */
  readonly scopes?: ClaimPath
  /** Default `roles` (RFC 9068 §2.2.3.1). */
  readonly roles?: ClaimPath
  /** Default: none says. When set, it must be there, and a server of a tenant takes only that tenant's tokens. */
  readonly tenant?: ClaimPath
  /** Tool name patterns. Default `tools`; where the claim is absent, every tool the scopes open. */
  readonly tools?: ClaimPath
  /** Default: `client_id`, else `azp`, else the subject. When set, it must be there. */
  readonly clientId?: ClaimPath
  /** Default `sub`. It must be there: who is nobody in particular would be the same as all others of that kind. */
  readonly subject?: ClaimPath
}

/** In scopes, roles and tools each; more are refused, for leaving some out would change what the rest means. */
export const MAX_ENTRIES = 200
/** Characters of a scope, role, tool pattern, subject, client id or tenant. */
export const MAX_TEXT = 256

const SCOPES: readonly ClaimPath[] = ['scope', 'scp', 'permissions']
const CLIENTS: readonly ClaimPath[] = ['client_id', 'azp']

export type Payload = Readonly<Record<string, unknown>>

/** Reads claims by their names at one issuer. Settled once, asked for each token. */
export interface ClaimReader {
  /** The client that the token itself names, not made up from its subject. */
  client(payload: Payload): unknown
  /** Whether the token says anything of scopes. */
  hasScopes(payload: Payload): boolean
  /**
   * @param spareId Public id of the token, where it has none that may be written to a log.
   * @returns undefined when a claim that is needed is missing, or one is of the wrong type, too long or too many.
   */
  read(payload: Payload, spareId: string): Claims | undefined
}

/**
 * @param options.issuer What tokens are taken to be from: compared before.
 * @param options.scopePrefix Dropped from scopes that begin with it.
 * @param options.defaultScopes Of a token that says nothing of scopes.
 * @param options.mayLast Whether a token without `exp` counts: one that the issuer is asked about.
 */
export function claimReader({
  issuer,
  names,
  scopePrefix = '',
  defaultScopes = [],
  mayLast = false,
}: {
  readonly issuer: string
  readonly names: ClaimNames
  readonly scopePrefix?: string | undefined
  readonly defaultScopes?: readonly string[] | undefined
  readonly mayLast?: boolean
}): ClaimReader {
  const scopesOf = finder(names.scopes === undefined ? SCOPES : [names.scopes])
  const rolesOf = finder([names.roles ?? 'roles'])
  const toolsOf = finder([names.tools ?? 'tools'])
  const tenantOf = names.tenant === undefined ? undefined : finder([names.tenant])
  const clientOf = finder(names.clientId === undefined ? CLIENTS : [names.clientId])
  const subjectOf = finder([names.subject ?? 'sub'])
  const strip = (scope: string) => (scope.startsWith(scopePrefix) ? scope.slice(scopePrefix.length) : scope)

  return {
    client: clientOf,
    hasScopes: (payload) => scopesOf(payload) !== undefined,
    read(payload, spareId) {
      const { iat, exp, nbf, jti, cnf } = payload
      const subject = subjectOf(payload)
      const clientId = clientOf(payload) ?? (names.clientId === undefined ? subject : undefined)
      const tenant = tenantOf?.(payload)
      const scopes = readTexts(scopesOf(payload) ?? defaultScopes)
      // One role, one pattern: only scopes are words with spaces between (RFC 6749 §3.3).
      const roles = readTexts(asList(rolesOf(payload)) ?? [])
      const tools = asList(toolsOf(payload))
      const patterns = tools === undefined ? undefined : readTexts(tools)
      const audience = readAudience(payload)
      const isWhole =
        isText(subject) &&
        isText(clientId) &&
        (tenantOf === undefined || isText(tenant)) &&
        (tools === undefined || patterns !== undefined) &&
        ((isDate(exp) && exp !== 0) || (mayLast && exp === undefined)) &&
        (iat === undefined || isDate(iat)) &&
        (nbf === undefined || isDate(nbf))
      if (!isWhole || scopes === undefined || roles === undefined || audience === undefined) return undefined
      return {
        issuer,
        subject,
        audience,
        clientId,
        tokenId: isPrintable(jti) ? jti : spareId,
        scopes: scopePrefix === '' ? scopes : scopes.map(strip),
        roles,
        ...(tenant === undefined ? {} : { tenant: tenant as string }),
        ...(patterns === undefined ? {} : { tools: patterns }),
        issuedAt: iat ?? 0,
        expiresAt: exp ?? 0,
        ...(nbf === undefined ? {} : { notBefore: nbf }),
        isBound: cnf !== undefined,
      }
    },
  }
}

/** `aud` as a list (RFC 7519 §4.1.3): empty where the token has none. */
function readAudience(payload: Payload): readonly string[] | undefined {
  const { aud = [] } = payload
  const audience = typeof aud === 'string' ? [aud] : aud
  const isList = Array.isArray(audience) && audience.length <= MAX_ENTRIES
  return isList && audience.every((each) => typeof each === 'string') ? audience : undefined
}

function finder(paths: readonly ClaimPath[]): (payload: Payload) => unknown {
  const [first, ...rest] = paths.map((path) => (payload: Payload) => lookUp(payload, path))
  return (payload) => rest.reduce((found, next) => found ?? next(payload), first?.(payload))
}

/**
 * A whole name comes before a path: names may be URLs, and those hold dots. Only what an object has itself is found,
 * never what it inherits. `null` is as good as nothing.
 */
function lookUp(payload: Payload, path: ClaimPath): unknown {
  if (typeof path === 'string' && Object.hasOwn(payload, path)) return payload[path] ?? undefined
  let value: unknown = payload
  for (const name of typeof path === 'string' ? path.split('.') : path) {
    if (typeof value !== 'object' || value === null || Array.isArray(value) || !Object.hasOwn(value, name)) {
      return undefined
    }
    value = (value as Payload)[name]
  }
  return value ?? undefined
}

/** A text alone is a list of one. */
function asList(value: unknown): unknown {
  return typeof value === 'string' ? [value] : value
}

/** A list of texts, or a text with spaces between. */
function readTexts(value: unknown): readonly string[] | undefined {
  const texts = typeof value === 'string' ? value.split(' ').filter((text) => text !== '') : value
  if (!Array.isArray(texts) || texts.length > MAX_ENTRIES || !texts.every(isText)) return undefined
  return texts
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= MAX_TEXT && !CONTROLS.test(value)
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROLS = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/

function isPrintable(value: unknown): value is string {
  return typeof value === 'string' && /^[\x21-\x7e]{1,128}$/.test(value)
}
