import * as z from 'zod/mini'
import { isListenHost, parseAppUri, parseHostValue, parseOrigin, parseProxy, parsePublicUrl } from './addresses.ts'
import { choice, documented, duration, flag, integer, list, mapOf, matching, parsed, size, text } from './fields.ts'
import { ISSUERS } from './shape-issuers.ts'
import { faultOfServerName, SERVER_NAME_PATTERN, SERVER_SHAPE } from './shape-server.ts'
import { parseStore } from './store.ts'

/** A map of settings, every one of which has a default. */
function section<Fields extends Record<string, z.ZodMiniType>>(description: string, example: string, fields: Fields) {
  return documented(z.strictObject(fields, { error: `must be a map of settings, such as ${example}` }), description)
}

/** What can be known of a default is written into the published schema. */
function preset<Field extends z.ZodMiniType>(field: Field, value: z.core.util.NoUndefined<z.input<Field>>) {
  const description = z.globalRegistry.get(field)?.description
  const withDefault = z.prefault(field, value)
  return description === undefined ? withDefault : documented(withDefault, description)
}

const listen = section('Where the gate listens.', '{ host: 127.0.0.1, port: 8000 }', {
  host: preset(
    documented(
      parsed('a host name or an IP address', (value) =>
        isListenHost(value)
          ? { ok: value }
          : { fault: 'must be a host name or an IP address, without brackets or port' },
      ),
      'Address to listen on.',
    ),
    '127.0.0.1',
  ),
  port: preset(integer(0, 65_535, 'Port to listen on; 0 takes any that is free.'), 8000),
  tls: documented(
    z.optional(
      z.strictObject(
        {
          cert: documented(text(), 'PEM file with the certificate and its chain.'),
          key: documented(text(), 'PEM file with the private key.'),
        },
        { error: 'must be a map with `cert` and `key`' },
      ),
    ),
    'Makes the gate speak HTTPS itself.',
  ),
})

const ENV_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/

const sealingKey = z.union(
  [
    z.strictObject({ file: documented(text(), 'File with the key.') }),
    z.strictObject({
      env: documented(
        matching(ENV_NAME, 'the name of an environment variable, not a reference to one'),
        'Name of the environment variable with the key.',
      ),
    }),
  ],
  { error: 'must hold either `file` or `env`' },
)

const limits = section('What one caller, and all together, may take up.', '{ bodyBytes: 4MiB }', {
  bodyBytes: preset(size('1KiB', '256MiB', 'Longest request body.'), '4MiB'),
  headerBytes: preset(size('4KiB', '1MiB', 'Longest request head: request line and headers together.'), '16KiB'),
  headersTimeout: preset(duration('100ms', '10m', 'Time a caller has to send the head of a request.'), '10s'),
  bodyTimeout: preset(duration('100ms', '1h', 'Time a caller has to send the body.'), '30s'),
  upstreamHeadersTimeout: preset(duration('100ms', '24h', 'Time an upstream has to begin its answer.'), '5m'),
  eventBytes: preset(size('1KiB', '256MiB', 'Longest single event or message of an upstream.'), '16MiB'),
  sessions: preset(integer(1, 1_000_000, 'MCP sessions kept at once.'), 10_000),
  sessionIdle: preset(duration('1s', '24d', 'Time after which an unused session is forgotten.'), '24h'),
  connections: z.optional(
    integer(1, 1_000_000, 'Connections accepted at once. Default: what the limit on open files allows, at most 10000.'),
  ),
})

const stdio = section('Programs that the gate starts for its callers.', '{ maxTotal: 16 }', {
  maxPerPrincipal: preset(integer(1, 1000, 'Programs running at once for one caller.'), 4),
  maxTotal: preset(integer(1, 10_000, 'Programs running at once for all callers.'), 16),
  idle: preset(duration('100ms', '24d', 'Time after which an unused program is ended.'), '10m'),
  answerTimeout: preset(duration('100ms', '24h', 'Time a program has to answer a request.'), '5m'),
})

const delivery = z.union(
  [
    z.strictObject({ file: documented(text(), 'File that is replaced with the new key.') }),
    z.strictObject({
      command: documented(text(), 'Program that reads the new key from its standard input.'),
      args: documented(
        z.prefault(
          z.array(z.string({ error: 'must be text; put it in quotes' }), {
            error: 'must be a list, such as [team/search]',
          }),
          [],
        ),
        'Arguments of the program.',
      ),
    }),
  ],
  { error: 'must hold either `file` or `command`' },
)

const DELIVERY_NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/

const keys = section('The life of API keys and secret URLs.', '{ maxAge: 90d }', {
  maxAge: preset(duration('1s', '3650d', 'Age at which a key should have been replaced.'), '90d'),
  remindBefore: documented(
    z.optional(list(duration('1s', '3650d', 'Time before the age limit.'), '["14d", "7d", "1d"]')),
    'When to remind that a key nears its age limit. Default: 14d, 7d and 1d, where shorter than `maxAge`.',
  ),
  overlap: preset(duration('0s', '90d', 'Time for which the old key still works beside its successor.'), '24h'),
  rotateBefore: documented(
    z.optional(duration('1s', '3650d', 'Time before the age limit.')),
    'How long before its age limit a key with a delivery is replaced. Default: 7d, or half of `maxAge` if shorter.',
  ),
  deliveries: documented(
    z.prefault(
      mapOf(
        delivery,
        (name) => (DELIVERY_NAME.test(name) ? undefined : 'is not a name: letters, digits, `_` and `-`, at most 63'),
        '{ ci: { file: ./ci.key } }',
      ),
      {},
    ),
    'Where keys that are replaced automatically are handed over, by name.',
  ),
})

const record = section('The record of what was asked and decided.', '{ retain: 90d }', {
  directory: documented(z.optional(text()), 'Directory of its files. Default: `spool` beside the database.'),
  segmentBytes: preset(
    size('4KiB', '1GiB', 'Size at which a file of the record is closed and a new one begun.'),
    '32MiB',
  ),
  retain: preset(duration('1s', '3650d', 'Time for which the record is kept.'), '90d'),
  stderr: preset(flag('Write each event to standard error as well.'), false),
})

const log = section('What the gate tells about itself, as JSON lines on standard error.', '{ level: info }', {
  level: preset(
    choice(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'], 'Least urgent level that is written.'),
    'info',
  ),
})

const HOST_PATTERN = /^(\*\.)?([A-Za-z0-9_]([A-Za-z0-9-]*[A-Za-z0-9])?\.)*[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?$/
const hostPattern = () => matching(HOST_PATTERN, 'a host name, or `*.` and a domain')

const documents = section('Clients that name themselves by the URL of a document.', '{ block: ["*.example.net"] }', {
  allow: documented(
    z.optional(list(hostPattern(), '[claude.ai, "*.example.com"]')),
    'Hosts whose documents count; an empty list: none. Default: every public https host.',
  ),
  block: documented(
    z.prefault(list(hostPattern(), '["*.example.net"]'), []),
    'Hosts whose documents never count, whatever `allow` says.',
  ),
})

const oauth = section('Signing in, on servers whose access has `oauth`.', '{ accessToken: 15m }', {
  accessToken: preset(duration('1m', '24h', 'Life of an access token.'), '15m'),
  refreshToken: preset(duration('5m', '365d', 'Time after which a client that was not used must sign in anew.'), '7d'),
  grant: preset(duration('5m', '3650d', 'Time after which every client must sign in anew.'), '90d'),
  registration: preset(
    choice(['open', 'gated', 'off'], 'Whether clients may register themselves; `gated`: with an initial access token.'),
    'open',
  ),
  documents: preset(documents, {}),
  redirectUris: documented(
    z.prefault(list(parsed('a URI with the scheme of an application', parseAppUri), '["myapp://oauth/callback"]'), []),
    'Whole URIs with the scheme of an application that people may be sent back to, beside those that are known.',
  ),
  signingAlgorithm: preset(choice(['ES256', 'EdDSA'], 'What new signing keys are made for.'), 'ES256'),
})

const cors = section('Pages that may call the gate from a browser.', '{ origins: [https://app.example.com] }', {
  origins: documented(
    z.prefault(list(parsed('an origin', parseOrigin), '[https://app.example.com]'), []),
    'Origins that are let in, each spelled in full.',
  ),
})

/** The sections of the file, each parsed by itself, so that a fault in one hides nothing in another. */
export const SECTIONS = {
  publicUrl: documented(
    z.optional(parsed('a URL', parsePublicUrl)),
    'Where callers reach the gate: the base of every URL it gives out. https, or http for this machine only.',
  ),
  listen: preset(listen, {}),
  allowedHosts: documented(
    z.prefault(list(parsed('a host', parseHostValue), '[mcp.internal, "mcp.internal:8443"]'), []),
    'Further values that the Host header of a request may have.',
  ),
  cors: preset(cors, {}),
  trustedProxies: documented(
    z.prefault(list(parsed('an IP address or a range', parseProxy), '[10.0.0.5]'), []),
    'Addresses and ranges of reverse proxies whose forwarding headers count.',
  ),
  dangerouslyServePlainHttp: preset(
    flag('Serve beyond this machine without TLS and without a proxy that has it. Keys travel readable.'),
    false,
  ),
  dangerouslyServeUnrecorded: preset(flag('Go on serving when the record cannot be written.'), false),
  store: preset(
    documented(parsed('text such as sqlite:./portcullis.db', parseStore), 'The database: sqlite:PATH, or memory:.'),
    'sqlite:./portcullis.db',
  ),
  sealingKey: documented(
    z.optional(sealingKey),
    'The key that what is stored is sealed with. Default: the file `sealing.key` beside the database.',
  ),
  limits: preset(limits, {}),
  stdio: preset(stdio, {}),
  keys: preset(keys, {}),
  oauth: preset(oauth, {}),
  issuers: ISSUERS,
  record: preset(record, {}),
  log: preset(log, {}),
}

const servers = documented(
  mapOf(SERVER_SHAPE, faultOfServerName, '{ files: { upstream: …, access: [api-key] } }'),
  'The MCP servers behind the gate, by name: each is served at /NAME/mcp.',
  {
    minProperties: 1,
    propertyNames: { pattern: `^(?!(oauth|account|admin|healthz|readyz|metrics)$)${SERVER_NAME_PATTERN.slice(1)}` },
  },
)

/** The whole file, as it is published for editors. */
export const FILE_SHAPE = documented(
  z.strictObject({ ...SECTIONS, servers }),
  'Configuration of Portcullis, the gate in front of MCP servers (portcullis.yaml).',
)

type Sections = typeof SECTIONS
/** What the sections hold once parsed; a section with a problem is left out. */
export type ParsedSections = { readonly [Key in keyof Sections]?: z.output<Sections[Key]> }
export type ParsedServer = z.output<typeof SERVER_SHAPE>
