import type { IncomingMessage, ServerResponse } from 'node:http'
import type { IssuerStores, LinkKind } from '@portcullis/auth/store'
import { accountPages, GrantUses } from './account/index.ts'
import { type Admission, type AdmissionOptions, openAdmission } from './admission/index.ts'
import { Consents } from './consent/index.ts'
import { createEdge, Publication, pagesInLine, protocolEndpoints, Turns } from './edge/index.ts'
import { createEngine, type Engine, type EngineOptions, type Lifetimes, type Resource } from './engine/index.ts'
import type { OnIssuerEvent } from './events.ts'
import { interactionPages } from './interaction/index.ts'
import { type Allowance, Line, type LineBounds } from './limits/index.ts'
import { openServices, type Services } from './services.ts'
import { linkOf, setupPages } from './setup/index.ts'
import { SignIns } from './signin/index.ts'
import type { Algorithm } from './signing/index.ts'
import { accessTokens, boundRefreshes, boundRefused, Keepsakes, redeemer, StepUps } from './token/index.ts'
import { repeatedly, sweep } from './upkeep/index.ts'
import { deriveKey } from './vault/index.ts'
import { AnswerMarks, BrowserForms, cookieKind, FormTokens, type Handler, type Visit } from './web/index.ts'

/** Another line before the engine, for tests: no configuration can name it. */
export const lineOption: unique symbol = Symbol('line')

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
  /** How often a network, or somebody known, may ask for authorization. Default: 60 a minute, 600 an hour. */
  readonly authorizations?: Allowance
  /** How often one grant may be refreshed, answers that are fetched again included. Default: 240 a minute, 1 200 an hour. */
  readonly refreshes?: Allowance
  /** Told of what happens to accounts, clients, grants, tokens and keys. */
  readonly onEvent?: OnIssuerEvent
  /** Told of faults that a caller gets a 500 for. */
  readonly onFault?: (error: unknown) => void
  /** Current time, seconds since the epoch. */
  readonly now?: () => number
  readonly [lineOption]?: LineBounds
}

export interface Issuer {
  /** Whether a path is the issuer's. */
  serves(path: string): boolean
  /** @param peer The caller's address. */
  handle(request: IncomingMessage, response: ServerResponse, peer: string): void
  readonly people: Services['people']
  /** What a person opens to use a token of `people`. */
  linkOf(kind: LinkKind, token: string): string
  readonly clients: Admission['clients']
  /** Initial access tokens, for `registration: gated`. */
  readonly invitations: Admission['invitations']
  readonly grants: Services['grants']
  readonly signingKeys: Services['signingKeys']
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
/**
 * At most half a second's work waits of what strangers want, of what people who are known want, and of what programs want.
 * Programs are what hosted assistants
 * are: very many may come from one network at once, and of their requests a turn takes about ten before the rest waits.
 */
const LINE: LineBounds = {
  waiting: {
    stranger: { all: 256, ofOne: 32 },
    known: { all: 256, ofOne: 32 },
    program: { all: 512, ofOne: 256 },
  },
  turnMs: 4,
}
const INTERACTION_PATH = '/oauth/interaction'
const ACCOUNT_PATH = '/account'

/** Starts an issuer. @throws when a store does not answer, or the sealing key is not the one things were sealed with. */
export async function openIssuer(options: IssuerOptions): Promise<Issuer> {
  const settled = settle(options)
  const { issuer, resources, stores, onEvent, onFault, now } = settled
  const services = openServices(settled)
  const { people, grants, signingKeys, vault } = services
  const admission = openAdmission(options, { ...settled, ...services, store: stores.clients })
  const { clients, invitations } = admission
  const consents = new Consents({ vault, originOf: (clientId) => clients.originOf(clientId), now })
  const uses = new GrantUses({ ...settled, vault, grantSeconds: settled.lifetimes.grant })
  const engine = createEngine(
    engineOptions(settled, services, admission, consents, uses),
    (await signingKeys.refresh()) ?? [],
  )
  const publication = new Publication(engine, issuer, resources, (routes) => admission.metadata(routes))
  await publication.renew()
  const look = async (): Promise<void> => {
    const changed = await signingKeys.refresh()
    if (changed === undefined) return
    engine.useKeys(changed)
    await publication.renew()
  }
  const ends = [
    repeatedly(look, LOOK_EVERY, onFault),
    repeatedly(async () => void (await sweep(stores, now())), SWEEP_EVERY, onFault),
  ]
  const stepUps = new StepUps(now)
  const signIns = signInsOf(settled, services)
  const deviceOf = (visit: Visit) => signIns.deviceOf(visit)
  const turns = new Turns({ sessions: engine.sessions, deviceOf, allowance: options.authorizations, now })
  const answers = new AnswerMarks(issuer.startsWith('https:'))
  const line = new Line(options[lineOption] ?? LINE)
  const redeem = boundRefreshes(redemption(settled, services, engine, stepUps), {
    ...{ vault, allowance: options.refreshes, now },
  })
  const onSignedOut = (accountId: string) => onEvent({ type: 'account.signed_out', accountId, actor: 'person' })
  const endpoints = protocolEndpoints({ engine, resources, redeem, turns, answers, line, onSignedOut })
  const verify = (token: string) => signingKeys.verify(token)
  const { routes } = engine
  const handle = createEdge({
    handlers: [
      publication.handler,
      pagesInLine(pages(settled, services, { engine, consents, uses, signIns, answers }), {
        ...{ paths: [ACCOUNT_PATH, INTERACTION_PATH], turns, line },
      }),
      admission.handler(routes, boundRefused(endpoints, { routes, vault, verify, now }), line),
    ],
    pagePaths: [ACCOUNT_PATH, INTERACTION_PATH, routes.authorization],
    openPaths: new Set([routes.token, routes.registration, routes.revocation]),
    onFault,
  })
  return {
    serves: (path) =>
      path.startsWith('/oauth/') ||
      path === ACCOUNT_PATH ||
      path.startsWith(`${ACCOUNT_PATH}/`) ||
      publication.has(path),
    handle,
    ...{ people, clients, invitations, grants, signingKeys },
    linkOf: (kind, token) => linkOf(new URL(ACCOUNT_PATH, issuer).href, kind, token),
    keySet: () => publication.keySet,
    noteScopeDenied: (grantId) => stepUps.note(grantId),
    close() {
      for (const end of ends) end()
    },
  }
}

type Settled = ReturnType<typeof settle>

function settle(options: IssuerOptions) {
  const { lifetimes = LIFETIMES, algorithm = 'ES256', onEvent = () => {}, onFault = () => {} } = options
  const { issuer, resources, stores, sealingKey, rotateSigningKeysAfter } = options
  const now = options.now ?? (() => Math.floor(Date.now() / 1000))
  return {
    ...{ issuer, resources, stores, sealingKey, lifetimes, algorithm, rotateSigningKeysAfter, onEvent, onFault, now },
    accessTokenSeconds: lifetimes.accessToken,
    scopes: ['openid', 'offline_access', ...resources.flatMap((resource) => resource.scopes)],
  }
}

function engineOptions(
  settled: Settled,
  services: Services,
  { clients, features }: Admission,
  consents: Consents,
  uses: GrantUses,
): EngineOptions {
  const { issuer, stores, now, onEvent } = settled
  const { vault, grants, people, signingKeys } = services
  const verify = (token: string) => signingKeys.verify(token)
  const { revocations } = stores
  return {
    ...settled,
    ...{ vault, grants, clients, people, features },
    accessTokens: accessTokens({ verify, issuer, vault, revocations, grants, clients, people, now, onEvent }),
    interactionPath: INTERACTION_PATH,
    originOf: (clientId) => clients.originOf(clientId),
    remembers: (asked) => consents.covers(asked),
    stillRemembers: (asked) => consents.stands(asked),
    onGrantUsed: async (used) => {
      // Once is enough, and refreshing is what clients do all the time.
      if (used.kind === 'authorized') await clients.noteUse(used.clientId, String(used.client.client_name ?? ''))
      await uses.note(used)
    },
  }
}

function redemption({ sealingKey, now, onEvent }: Settled, { vault }: Services, engine: Engine, stepUps: StepUps) {
  return redeemer({ engine, vault, keepsakes: new Keepsakes(vault, sealingKey), stepUps, now, onEvent })
}

function signInsOf({ issuer, sealingKey, now, onEvent }: Settled, { people }: Services): SignIns {
  const deviceCookie = cookieKind('device', issuer.startsWith('https:'))
  return new SignIns({ people, key: deriveKey(sealingKey, 'devices'), deviceCookie, now, onEvent })
}

interface Pages {
  readonly engine: Engine
  readonly consents: Consents
  readonly uses: GrantUses
  readonly signIns: SignIns
  readonly answers: AnswerMarks
}

/** The human steps. */
function pages(
  { issuer, resources, sealingKey, lifetimes, onEvent }: Settled,
  { people, grants }: Services,
  { engine, consents, uses, signIns, answers }: Pages,
): readonly Handler[] {
  const tokens = new FormTokens(deriveKey(sealingKey, 'forms'))
  const isSecure = issuer.startsWith('https:')
  const forms = new BrowserForms(tokens, cookieKind('form', isSecure))
  const grantSeconds = lifetimes.grant
  return [
    interactionPages(INTERACTION_PATH, {
      ...{ engine, people, grants, tokens, signIns, consents, onEvent, grantSeconds },
      ...{ accountPath: ACCOUNT_PATH, answers },
    }),
    accountPages(ACCOUNT_PATH, { engine, people, signIns, forms, resources, grants, uses, consents, onEvent }),
    setupPages(ACCOUNT_PATH, { engine, people, signIns, forms }),
  ]
}
