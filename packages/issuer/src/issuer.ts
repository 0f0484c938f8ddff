import type { IncomingMessage, ServerResponse } from 'node:http'
import type {
  AccountStore,
  ArtifactStore,
  ClientStore,
  LinkKind,
  RevocationStore,
  SigningKeyStore,
} from '@portcullis/auth/store'
import { accountPages, GrantUses } from './account/index.ts'
import { type Admission, type AdmissionOptions, openAdmission } from './admission/index.ts'
import { Consents } from './consent/index.ts'
import { createEdge, metadataPaths, protocolEndpoints, readKeys, readMetadata, Statics } from './edge/index.ts'
import { createEngine, type Lifetimes, type Resource } from './engine/index.ts'
import type { OnIssuerEvent } from './events.ts'
import { Grants } from './grants/index.ts'
import { interactionPages } from './interaction/index.ts'
import { People } from './people/index.ts'
import { linkOf, setupPages } from './setup/index.ts'
import { SignIns } from './signin/index.ts'
import { type Algorithm, CLOCKS, PUBLISH_AHEAD, ROTATE_AFTER, SigningKeys } from './signing/index.ts'
import { accessTokens, Keepsakes, redeemer, StepUps } from './token/index.ts'
import { repeatedly, sweep } from './upkeep/index.ts'
import { deriveKey, Vault } from './vault/index.ts'
import { BrowserForms, cookieKind, FormTokens } from './web/index.ts'

export interface IssuerStores {
  readonly artifacts: ArtifactStore
  readonly accounts: AccountStore
  readonly clients: ClientStore
  readonly revocations: RevocationStore
  readonly signingKeys: SigningKeyStore
}

export interface IssuerOptions extends AdmissionOptions {
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
  /** How long a signing key signs before another one does, in seconds. At least 2 days; default 90 days. */
  readonly rotateSigningKeysAfter?: number
  /** Told of what happens to accounts, clients, grants, tokens and keys. */
  readonly onEvent?: OnIssuerEvent
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
  /** What a person opens to use a token of `people`. */
  linkOf(kind: LinkKind, token: string): string
  readonly clients: Admission['clients']
  /** Initial access tokens, for `registration: gated`. */
  readonly invitations: Admission['invitations']
  readonly grants: Grants
  readonly signingKeys: SigningKeys
  /** The public halves of the keys that tokens are signed with: a JWK set (RFC 7517 §5). */
  keySet(): string
  /** To be told when a guard answers a call of this grant that it needs more scope. */
  noteScopeDenied(grantId: string): void
  /** Ends the timers. The stores are the caller's to close. */
  close(): void
}

const DAY = 86_400
const LIFETIMES: Lifetimes = { accessToken: 900, refreshToken: 7 * DAY, grant: 90 * DAY }
/** Seconds between looks for keys that other processes made, and between sweeps. */
const LOOK_EVERY = 5
const SWEEP_EVERY = 60
const INTERACTION_PATH = '/oauth/interaction'
const ACCOUNT_PATH = '/account'

/** Starts an issuer. @throws when a store does not answer, or the sealing key is not the one things were sealed with. */
export async function openIssuer(options: IssuerOptions): Promise<Issuer> {
  const { issuer, resources, stores, sealingKey, lifetimes = LIFETIMES, algorithm = 'ES256' } = options
  const now = options.now ?? (() => Math.floor(Date.now() / 1000))
  const onEvent = options.onEvent ?? (() => {})
  const onFault = options.onFault ?? (() => {})
  const vault = new Vault(stores.artifacts, sealingKey)
  const accessTokenSeconds = lifetimes.accessToken + CLOCKS
  const signingKeys = new SigningKeys({
    store: stores.signingKeys,
    sealingKey,
    algorithm,
    rotateAfter: settleRotation(options.rotateSigningKeysAfter),
    publishAhead: PUBLISH_AHEAD,
    keepAfter: accessTokenSeconds,
    now,
    onEvent,
  })
  const grants = new Grants({ vault, revocations: stores.revocations, accessTokenSeconds, now, onEvent })
  const people = new People({
    store: stores.accounts,
    now,
    onEvent,
    endAccess: (accountId, actor) => grants.endAccount(accountId, { actor }),
    endSessions: (accountId, exceptUid) => engine.sessions.endAll(accountId, exceptUid),
  })
  const { revocations } = stores
  const verify = (token: string) => signingKeys.verify(token)
  const scopes = ['openid', 'offline_access', ...resources.flatMap((resource) => resource.scopes)]
  const admission = openAdmission(options, {
    ...{ issuer, store: stores.clients, vault, grants, sealingKey, scopes, now, onEvent },
  })
  const { clients, invitations } = admission
  const consents = new Consents({ vault, originOf: (clientId) => clients.originOf(clientId), now })
  const uses = new GrantUses({ vault, grantSeconds: lifetimes.grant, now, onEvent })
  const engine = createEngine(
    {
      issuer,
      resources,
      vault,
      grants,
      accessTokens: accessTokens({ verify, issuer, vault, revocations, grants, clients, people, now, onEvent }),
      clients,
      people,
      sealingKey,
      lifetimes,
      interactionPath: INTERACTION_PATH,
      originOf: (clientId) => clients.originOf(clientId),
      features: admission.features,
      remembers: (asked) => consents.covers(asked),
      onGrantUsed: async (used) => {
        // Once is enough, and refreshing is what clients do all the time.
        if (used.kind === 'authorized') await clients.noteUse(used.clientId, String(used.client.client_name ?? ''))
        await uses.note(used)
      },
      onFault,
      now,
    },
    (await signingKeys.refresh()) ?? [],
  )
  const statics = new Statics()
  let keySet = ''
  const publish = async (): Promise<void> => {
    const keys = await readKeys(engine)
    statics.put([engine.routes.jwks], keys)
    statics.put(metadataPaths(issuer), {
      ...(await readMetadata(engine, resources)),
      ...admission.metadata(engine.routes),
    })
    keySet = JSON.stringify(keys)
  }
  await publish()
  const look = async (): Promise<void> => {
    const changed = await signingKeys.refresh()
    if (changed === undefined) return
    engine.useKeys(changed)
    await publish()
  }
  const ends = [
    repeatedly(look, LOOK_EVERY, onFault),
    repeatedly(async () => void (await sweep(stores, now())), SWEEP_EVERY, onFault),
  ]
  const { routes } = engine
  const keepsakes = new Keepsakes(vault, sealingKey)
  const stepUps = new StepUps(now)
  const redeem = redeemer({ engine, vault, keepsakes, stepUps, now, onEvent })
  const tokens = new FormTokens(deriveKey(sealingKey, 'forms'))
  const isSecure = issuer.startsWith('https:')
  const forms = new BrowserForms(tokens, cookieKind('form', isSecure))
  const deviceCookie = cookieKind('device', isSecure)
  const signIns = new SignIns({ people, key: deriveKey(sealingKey, 'devices'), deviceCookie, now, onEvent })
  const handle = createEdge({
    handlers: [
      statics.handler,
      interactionPages(INTERACTION_PATH, {
        engine,
        people,
        tokens,
        signIns,
        consents,
        onEvent,
        grantSeconds: lifetimes.grant,
      }),
      accountPages(ACCOUNT_PATH, { engine, people, signIns, forms, grants, uses, consents, onEvent }),
      setupPages(ACCOUNT_PATH, { engine, people, forms }),
      admission.handler(routes, protocolEndpoints(engine, resources, redeem)),
    ],
    pagePaths: [ACCOUNT_PATH, INTERACTION_PATH, routes.authorization],
    openPaths: new Set([routes.token, routes.registration, routes.revocation]),
    onFault,
  })
  return {
    serves: (path) =>
      path.startsWith('/oauth/') || path === ACCOUNT_PATH || path.startsWith(`${ACCOUNT_PATH}/`) || statics.has(path),
    handle,
    people,
    linkOf: (kind, token) => linkOf(new URL(ACCOUNT_PATH, issuer).href, kind, token),
    clients,
    invitations,
    grants,
    signingKeys,
    keySet: () => keySet,
    noteScopeDenied: (grantId) => stepUps.note(grantId),
    close() {
      for (const end of ends) end()
    },
  }
}

/** @throws {TypeError} for less than two days: a key is published for one before it signs. */
function settleRotation(seconds = ROTATE_AFTER): number {
  if (!(seconds >= 2 * DAY)) throw new TypeError('"rotateSigningKeysAfter" must be at least 2 days')
  return seconds
}
