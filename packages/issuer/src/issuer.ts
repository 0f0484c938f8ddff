import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Reply } from '@portcullis/auth/http'
import type { AccountStore, ArtifactStore, ClientStore, RevocationStore, SigningKeyStore } from '@portcullis/auth/store'
import { Clients } from './clients/index.ts'
import { createEdge, metadataPaths, protocolEndpoints, readKeys, readMetadata } from './edge/index.ts'
import { createEngine, type Lifetimes, type Resource } from './engine/index.ts'
import { interactionPages } from './interaction/index.ts'
import { People } from './people/index.ts'
import { type Algorithm, SigningKeys } from './signing/index.ts'
import { deriveKey, Vault } from './vault/index.ts'
import { FormTokens } from './web/index.ts'

export interface IssuerStores {
  readonly artifacts: ArtifactStore
  readonly accounts: AccountStore
  readonly clients: ClientStore
  readonly revocations: RevocationStore
  readonly signingKeys: SigningKeyStore
}

export interface IssuerOptions {
  /** The issuer identifier (RFC 8414 §2): https, or http on loopback; no query, no fragment, no trailing slash. */
  readonly issuer: string
  readonly resources: readonly Resource[]
  readonly stores: IssuerStores
  /** 32 bytes that everything kept is sealed under. */
  readonly sealingKey: Uint8Array
  /** Default: 15 minutes, 7 days, 90 days. */
  readonly lifetimes?: Lifetimes
  /** What new signing keys are made for. Default `ES256`. */
  readonly algorithm?: Algorithm
  /** Told of faults that a caller gets a 500 for. */
  readonly onFault?: (error: unknown) => void
  /** Current time, seconds since the epoch. */
  readonly now?: () => number
}

export interface Issuer {
  /** Whether a path is the issuer's. */
  serves(path: string): boolean
  /** @param peer The caller's address. */
  handle(request: IncomingMessage, response: ServerResponse, peer: string): void
  readonly people: People
  readonly clients: Clients
  /** The public halves of the keys that tokens are signed with: a JWK set (RFC 7517 §5). */
  keySet(): string
  close(): void
}

const DAY = 86_400
const LIFETIMES: Lifetimes = { accessToken: 900, refreshToken: 7 * DAY, grant: 90 * DAY }
const INTERACTION_PATH = '/oauth/interaction'

/** Starts an issuer. @throws when a store does not answer, or the sealing key is not the one things were sealed with. */
export async function openIssuer(options: IssuerOptions): Promise<Issuer> {
  const { issuer, resources, stores, sealingKey, lifetimes = LIFETIMES, algorithm = 'ES256' } = options
  const now = options.now ?? (() => Math.floor(Date.now() / 1000))
  const people = new People(stores.accounts, now)
  const clients = new Clients(stores.clients, sealingKey, now)
  const signingKeys = new SigningKeys(stores.signingKeys, sealingKey, now)
  const engine = createEngine(
    {
      issuer,
      resources,
      vault: new Vault(stores.artifacts, sealingKey),
      revocations: stores.revocations,
      clients,
      people,
      sealingKey,
      lifetimes,
      algorithm,
      interactionPath: INTERACTION_PATH,
      now,
    },
    await signingKeys.current(algorithm),
  )
  const keys = await readKeys(engine)
  const metadata = await readMetadata(engine, {})
  const documents = new Map<string, Reply>([
    ...metadataPaths(issuer).map((path) => [path, metadata] as const),
    [engine.routes.jwks, keys],
  ])
  const tokens = new FormTokens(deriveKey(sealingKey, 'forms'))
  const handle = createEdge({
    handlers: [
      ({ path }) => documents.get(path),
      interactionPages(INTERACTION_PATH, { engine, people, tokens }),
      protocolEndpoints(engine, resources),
    ],
    onFault: options.onFault ?? (() => {}),
  })
  return {
    serves: (path) => path.startsWith('/oauth/') || path.startsWith('/account') || documents.has(path),
    handle,
    people,
    clients,
    keySet: () => keys.body,
    close() {},
  }
}
