/**
 * The floors of the house. In each package a room may import the rooms that its row names, and every row names only rows
 * above it: an arrow only ever points down, and nothing goes round in a circle. A room is a folder or a file of `src`;
 * where a folder in a room has a row of its own, it is a room by itself.
 */
export type Floors = Readonly<Record<string, readonly string[]>>

export const FLOORS: Readonly<Record<string, Floors>> = {
  'packages/auth': {
    crypto: [],
    recent: [],
    protocol: ['crypto'],
    http: ['protocol', 'crypto'],
    events: ['protocol'],
    limits: ['protocol'],
    policy: ['events', 'protocol', 'crypto'],
    store: ['events', 'protocol', 'crypto'],
    keys: ['store', 'events', 'protocol', 'crypto'],
    issuers: ['store', 'events', 'http', 'protocol', 'recent', 'crypto'],
    guard: ['issuers', 'store', 'policy', 'limits', 'events', 'http', 'protocol', 'recent', 'crypto'],
    entry: ['guard', 'issuers', 'store', 'policy', 'limits', 'events', 'http', 'protocol', 'crypto'],
    'adapters/mcp': ['entry', 'guard', 'policy', 'protocol', 'crypto'],
    adapters: ['entry', 'guard', 'http'],
    'index.ts': ['entry', 'guard', 'limits', 'issuers', 'policy'],
  },
  'packages/issuer': {
    'events.ts': [],
    vault: [],
    web: [],
    limits: [],
    outbound: ['limits'],
    'client-metadata': [],
    people: ['events.ts', 'vault'],
    signing: ['events.ts', 'vault'],
    grants: ['events.ts', 'vault'],
    upkeep: [],
    engine: ['grants', 'vault'],
    documents: ['engine', 'client-metadata', 'outbound', 'limits', 'web'],
    clients: ['documents', 'engine', 'grants', 'events.ts', 'client-metadata', 'limits', 'vault', 'web'],
    registration: ['clients', 'events.ts', 'client-metadata', 'limits', 'vault', 'web'],
    admission: [
      ...['registration', 'clients', 'documents', 'engine', 'grants', 'events.ts'],
      ...['client-metadata', 'outbound', 'limits', 'vault', 'web'],
    ],
    signin: ['people', 'events.ts', 'web'],
    consent: ['engine', 'grants', 'people', 'web', 'vault'],
    interaction: ['consent', 'signin', 'engine', 'events.ts', 'web'],
    account: ['consent', 'signin', 'engine', 'grants', 'people', 'events.ts', 'web', 'vault'],
    setup: ['signin', 'engine', 'people', 'web'],
    token: ['engine', 'grants', 'events.ts', 'limits', 'vault', 'web'],
    edge: ['engine', 'limits', 'web'],
    'services.ts': ['grants', 'signing', 'people', 'events.ts', 'vault'],
    'operator.ts': ['services.ts', 'registration', 'clients', 'vault'],
    // The roof: knows every room, and only the door plate of the package knows it.
    'issuer.ts': [
      ...['edge', 'token', 'setup', 'account', 'interaction', 'consent', 'signin', 'admission', 'engine'],
      ...['services.ts', 'upkeep', 'signing', 'events.ts', 'limits', 'web', 'vault'],
    ],
    'index.ts': ['issuer.ts', 'operator.ts', 'services.ts', 'people', 'engine', 'events.ts'],
  },
  'packages/gateway': {
    text: [],
    programs: [],
    config: ['text', 'programs'],
    log: ['text'],
    state: ['config'],
    record: ['text'],
    sessions: [],
    oauth: ['record', 'state', 'log', 'config'],
    keys: ['record', 'log', 'config', 'programs'],
    upstream: [],
    'upstream/http': ['upstream'],
    'upstream/stdio': ['upstream', 'text', 'programs'], // the two ways to an upstream never meet
    proxy: ['upstream', 'sessions', 'record', 'log'],
    edge: ['proxy'],
    demo: [],
    // The roof: knows everyone, and only the commands know it.
    'compose.ts': [
      'edge',
      'proxy',
      'upstream/stdio',
      'upstream/http',
      'upstream',
      'keys',
      'oauth',
      'sessions',
      'record',
      'state',
      'log',
      'config',
    ],
    cli: ['compose.ts', 'oauth', 'demo', 'record', 'state', 'log', 'config', 'text'],
    'main.ts': ['cli'],
  },
}

/** What only these rooms or files may import. A package stands for all of its subpaths; `node:*` for all of Node. */
export const ONLY_IN: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  'packages/auth': {
    'node:*': ['crypto/runtime.node.ts'],
  },
  'packages/issuer': {
    'oidc-provider': ['engine'],
    undici: ['outbound'],
    'ipaddr.js': ['outbound', 'web'],
  },
  'packages/gateway': {
    'node:sqlite': ['state'],
    'eventsource-parser': ['proxy'],
    'ipaddr.js': ['config', 'edge'],
    pino: ['log'],
    undici: ['upstream/http'],
    yaml: ['config'],
    zod: ['config'],
  },
}

/** Files of the library that may name what only Node has: in all others it would not be there on other runtimes. */
export const ON_NODE = ['packages/auth/src/crypto/runtime.node.ts'] as const

/**
 * Names that check a credential or open what is sealed. The gate asks the guard and has no check of its own, so no room
 * on the way of a request imports them.
 */
export const CHECKS = ['digestOf', 'isDigestOf', 'openBytes', 'CredentialStore'] as const
export const ON_THE_WAY = ['edge', 'proxy', 'upstream'] as const
