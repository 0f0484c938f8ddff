import { SCOPE_TOKEN } from '@portcullis/auth/policy'
import * as z from 'zod/mini'
import { parseUpstreamUrl } from './addresses.ts'
import { choice, documented, list, mapOf, matching, parsed, text } from './fields.ts'
import { faultOfAddedHeader, faultOfForwardedHeader, isHeaderValue } from './headers.ts'
import { REFERENCE_FORM } from './references.ts'
import { CLIENTS, RULES, tenant, tools } from './shape-rules.ts'

/** The first step of every path the gate serves itself: a server of that name could never be reached. */
const RESERVED = new Set(['oauth', 'account', 'admin', 'healthz', 'readyz', 'metrics', '.well-known'])
const SERVER_NAME = /^[a-z0-9][a-z0-9-]{0,62}$/

export function faultOfServerName(name: string): string | undefined {
  if (RESERVED.has(name)) return 'is reserved for a path of the gate itself; choose another name'
  if (!SERVER_NAME.test(name)) {
    const near = name
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-/, '')
      .slice(0, 63)
    const example = near === '' || near === name || RESERVED.has(near) ? '' : `, such as \`${near}\``
    return `is not a server name: 1 to 63 lower-case letters, digits and hyphens, not beginning with a hyphen${example}`
  }
  return undefined
}

const ACCESS_MODES = ['public', 'unlisted', 'api-key', 'oauth', 'jwt'] as const
const LATER_MODES = new Set(['mtls'])
const quoted = (word: string) => `\`${word}\``

const accessMode = documented(
  z.pipe(
    parsed('an access mode', (value) =>
      LATER_MODES.has(value)
        ? {
            fault: `the access mode \`${value}\` is not available yet; now there are ${ACCESS_MODES.map(quoted).join(', ')}`,
          }
        : { ok: value },
    ),
    choice(ACCESS_MODES, 'How callers prove who they are.'),
  ),
  'How callers prove who they are: one access mode.',
  { enum: ACCESS_MODES },
)

// A caller whose credential was refused could drop it and come in as nobody: the other modes would protect nothing.
const PUBLIC_COMBINED =
  '`public` cannot be combined: a caller whose key was refused would simply come in without one. ' +
  'Serve the public part as a server of its own'

const access = list(accessMode, '[api-key]', { least: 1 }).check(
  z.refine((modes) => !modes.includes('public') || modes.length === 1, {
    error: PUBLIC_COMBINED,
    when: ({ value }) => Array.isArray(value), // even beside a mode that is not known
  }),
)

const METHOD_NAME = /^[A-Za-z$][A-Za-z0-9$_.-]*(\/[A-Za-z0-9$_.-]+)*$/

/** Scopes that ask for something else than tools (OpenID Connect Core §3.1.2.1, §11). */
const OWN_TO_OAUTH = new Set(['openid', 'offline_access'])

const scopes = mapOf(
  tools(),
  (name) => {
    if (OWN_TO_OAUTH.has(name)) return 'has a meaning of its own in OAuth; choose another name'
    return SCOPE_TOKEN.test(name) ? undefined : 'is not a scope name: printable ASCII without spaces, `"` and `\\`'
  },
  '{ "files:read": ["read_*"] }',
)

const headers = mapOf(
  parsed('text; put it in quotes', (value) =>
    isHeaderValue(value)
      ? { ok: value }
      : { fault: 'is not a header value: it is empty, or holds a line break or the like' },
  ),
  faultOfAddedHeader,
  '{ x-team: search }',
)

const forwardedHeader = parsed('a header name', (name) => {
  const fault = faultOfForwardedHeader(name)
  return fault === undefined ? { ok: name.toLowerCase() } : { fault }
})

const httpUpstream = z.strictObject({
  url: documented(parsed('an http or https URL', parseUpstreamUrl), "The MCP server's own URL."),
  headers: documented(z.prefault(headers, {}), 'Headers that are added to every request to the upstream.'),
  forwardHeaders: documented(
    z.prefault(list(forwardedHeader, '[x-request-id]'), []),
    "Names of the caller's headers that travel on to the upstream.",
  ),
})

const stdioUpstream = z.strictObject({
  command: documented(text(), 'The program that is started for each caller. `./…` is relative to this file.'),
  args: documented(
    z.prefault(
      z.array(z.string({ error: 'must be text; put it in quotes' }), {
        error: 'must be a list, such as [--port, "8080"]',
      }),
      [],
    ),
    'Arguments of the program.',
  ),
  env: documented(
    z.prefault(
      mapOf(
        parsed('text; put it in quotes', (value) =>
          value.includes('\0') ? { fault: 'must not hold a null character' } : { ok: value },
        ),
        (name) => (/^[A-Za-z_][A-Za-z0-9_]*$/.test(name) ? undefined : 'is not a name for an environment variable'),
        `{ TOKEN: "${REFERENCE_FORM}" }`,
      ),
      {},
    ),
    "The child's environment. The gate's own is not handed on.",
  ),
  cwd: documented(z.optional(text()), 'Directory the program runs in. Default: the directory of this file.'),
})

export const UPSTREAM_SHAPE = z.union([httpUpstream, stdioUpstream], {
  error: 'must hold either `url` (a server reached over HTTP) or `command` (a program that speaks over stdio)',
})

export const SERVER_SHAPE = z.strictObject(
  {
    upstream: documented(UPSTREAM_SHAPE, 'The MCP server behind the gate: reached over HTTP, or started as a program.'),
    access: documented(access, 'Access modes; a caller needs to satisfy one. `public` stands alone.', {
      minItems: 1,
      uniqueItems: true,
    }),
    issuers: documented(
      z.optional(list(text(), '[embedded, company]', { least: 1 })),
      'Whose access tokens count: names of `issuers`, and `embedded` for the issuer inside the gate. Default: `embedded`, where `access` has `oauth`.',
    ),
    audience: documented(
      z.optional(list(text(), '["api://notes"]', { least: 1 })),
      'What identity providers call this server in tokens, unless they have an `audience` of their own. Default: its URL.',
    ),
    scopes: documented(
      z.prefault(scopes, {}),
      'Scope names, and the tools that each opens. A tool in no scope needs `mcp:write`.',
    ),
    rules: documented(RULES, 'What tools ask of their callers beside the scopes. All rules that match a tool hold.'),
    clients: documented(
      CLIENTS,
      'By client id: the only tools that this client may use. Clients that are not named are not limited.',
    ),
    scopeTexts: documented(
      z.prefault(
        mapOf(
          text(),
          (name) => (SCOPE_TOKEN.test(name) ? undefined : 'is not a scope name'),
          '{ "files:read": "Read your files" }',
        ),
        {},
      ),
      'What a scope means, in words for the page that asks a person.',
    ),
    baseScopes: documented(
      z.optional(list(matching(SCOPE_TOKEN, 'a scope name'), '["files:read"]', { least: 1 })),
      'What a client that signs in should ask for first; it can ask for more when it needs more. ' +
        'Default: `mcp:read`, and `mcp:write` where `scopes` says nothing.',
    ),
    methods: documented(
      z.prefault(list(matching(METHOD_NAME, 'a method name such as `vendor/search`'), '[vendor/search]'), []),
      'MCP methods to let through beside those that the gate knows.',
    ),
    tenant: documented(
      z.optional(tenant()),
      'The tenant that this server belongs to; its keys are made for that tenant.',
    ),
  },
  { error: 'must be a map with `upstream` and `access`' },
)

export const SERVER_NAME_PATTERN = SERVER_NAME.source
