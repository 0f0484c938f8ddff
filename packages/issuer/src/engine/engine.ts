import type { Reply } from '@portcullis/auth/http'
import type { ClientOrigin } from '@portcullis/auth/store'
import Provider, { errors, type InteractionResults, type JWK } from 'oidc-provider'
import type { Payload } from '../vault/index.ts'
import { answeredByOf, notesOf } from './answers.ts'
import { type BrowserSessions, browserSessions, type EngineSession, sessionAt } from './browser-sessions.ts'
import { callEngine, standIns } from './call.ts'
import { metadataOf } from './client-metadata.ts'
import { configurationOf, ROUTES } from './configuration.ts'
import { draftGrant, watchGrants } from './grants.ts'
import type { EngineOptions } from './options.ts'
import type { Redemption } from './redemption.ts'
import type { EngineRequest } from './request.ts'
import type { Resource } from './resources.ts'
import { structuredTokens } from './structured-tokens.ts'

/** What a person is asked, and for whom. */
export interface Interaction {
  readonly uid: string
  readonly prompt: 'login' | 'consent'
  readonly clientId: string
  readonly client: Payload
  /** How the client came to be known. */
  readonly origin: ClientOrigin
  readonly redirectUri: string
  readonly resource: Resource | undefined
  /** As asked for: scopes of the resource and of the issuer. */
  readonly scopes: readonly string[]
  /** Who is signed in; absent before that. */
  readonly accountId?: string
  /** The mark of the answer that was given already. */
  readonly answeredBy?: string
}

/** An answer that a browser would go on with. */
export interface Answered extends Required<Pick<Interaction, 'uid' | 'answeredBy'>> {
  /** The browser's session, where somebody else has signed in with the answer: of another account, or of nobody. */
  readonly replaces?: { readonly accountId: string | undefined }
}

export type InteractionResult =
  | { readonly kind: 'signed_in'; readonly accountId: string; readonly methods: readonly string[] }
  | { readonly kind: 'consented'; readonly scopes: readonly string[] }
  | { readonly kind: 'denied' }

export interface Engine {
  readonly routes: typeof ROUTES
  /** @param redemption Gathers what would be spent and put, which is then the caller's to do. */
  call(request: EngineRequest, redemption?: Redemption): Promise<Reply>
  /** What the person at this request is asked. Undefined when nothing is, or the cookie is another browser's. */
  interaction(request: EngineRequest): Promise<Interaction | undefined>
  /**
   * Lets the person at this request sign in, whoever is signed in by now: the same request asks for that instead.
   * @returns false when the question has ended.
   */
  signInAnew(request: EngineRequest): Promise<boolean>
  readonly sessions: BrowserSessions
  originOf(clientId: string): Promise<ClientOrigin>
  /**
   * The answer with which this request would go on from our pages. Undefined when nothing was answered, or who was
   * asked is not signed in at this browser any more.
   */
  answered(request: EngineRequest): Promise<Answered | undefined>
  /**
   * Keeps the answer of a person.
   * @param answeredBy Kept with it: a mark of the browser that gave it.
   * @returns the grant that was made by it; undefined when the question has ended.
   */
  finish(
    request: EngineRequest,
    result: InteractionResult,
    answeredBy: string,
  ): Promise<{ readonly grantId?: string | undefined } | undefined>
  /** Takes other signing keys; requests under way finish with those they began with. The first one signs. */
  useKeys(keys: readonly JWK[]): void
}

export function createEngine(options: EngineOptions, keys: readonly JWK[]): Engine {
  const issuer = new URL(options.issuer)
  let current = build(options, keys)

  const call = (request: EngineRequest, redemption?: Redemption) =>
    callEngine(current.listener, issuer, request, redemption)

  return {
    routes: ROUTES,
    sessions: browserSessions(() => current.provider, issuer, options),
    originOf: options.originOf,
    call,
    async interaction(request) {
      const { req, res } = standIns(request, issuer)
      try {
        const details = await current.provider.interactionDetails(req, res)
        // The engine asks for the client without saying who is here; what is found now is at hand then.
        await options.clients.find(String(details.params.client_id), false, request.peer)
        return await describe(details, current.provider, options)
      } catch {
        // The cookie is missing, of another interaction, or what it names has ended.
        return undefined
      }
    },
    async signInAnew(request) {
      const { req, res } = standIns(request, issuer)
      const isDone = await unlessGone(async () => {
        const details = await current.provider.interactionDetails(req, res)
        details.prompt = { name: 'login', reasons: ['another_account'], details: {} }
        await details.save(details.exp - options.now())
        return true
      })
      return isDone ?? false
    },
    async answered(request) {
      const { req, res } = standIns(request, issuer)
      const { provider } = current
      const ctx = provider.createContext(req, res)
      const cookie = (provider as unknown as { cookieName(kind: string): string }).cookieName('resume')
      // By the cookie, as the engine does; the address says nothing to it.
      const uid = ctx.cookies.get(cookie, { signed: true })
      const found = uid === undefined ? undefined : await provider.Interaction.find(uid)
      const answeredBy = answeredByOf(found?.result)
      if (found === undefined || answeredBy === undefined) return undefined
      const here = await sessionAt(provider, ctx)
      return isStillOf(here, found) ? { uid: found.uid, answeredBy, ...replacedBy(found, here) } : undefined
    },
    async finish(request, result, answeredBy) {
      const { req, res } = standIns(request, issuer)
      const { provider } = current
      return unlessGone(async () => {
        const details = await provider.interactionDetails(req, res)
        if (result.kind === 'signed_in') await changeAccount(details, result.accountId, provider, options)
        const standing = result.kind === 'signed_in' ? await options.people.standingOf(result.accountId) : undefined
        const outcome = await toOutcome(details, result, provider, options)
        const kept = { ...outcome, ...notesOf(answeredBy, standing) }
        await provider.interactionResult(req, res, kept, { mergeWithLastSubmission: result.kind === 'consented' })
        return { grantId: outcome.consent?.grantId }
      })
    },
    useKeys(newer) {
      current = build(options, newer)
    },
  }
}

/** @returns undefined when the question has ended meanwhile: it was answered in another tab, or is too old. */
async function unlessGone<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof errors.SessionNotFound) return undefined
    throw error
  }
}

type Details = Awaited<ReturnType<Provider['interactionDetails']>>

/** Whether who was asked is signed in at this browser; what was asked of nobody yet is anybody's. */
function isStillOf(here: EngineSession, { session }: Details): boolean {
  return session === undefined || (session.uid === here.uid && session.accountId === here.accountId)
}

function replacedBy({ result }: Details, { accountId }: EngineSession): Pick<Answered, 'replaces'> {
  return result?.login === undefined || result.login.accountId === accountId ? {} : { replaces: { accountId } }
}

function build(options: EngineOptions, keys: readonly JWK[]) {
  const provider = new Provider(options.issuer, configurationOf(options, keys))
  // The engine would build URLs from the request's Host, and put the path of the issuer before those of its endpoints;
  // ours are fixed, and are served at the origin's root.
  const { prototype } = provider.OIDCContext as unknown as { prototype: { urlFor: unknown } }
  prototype.urlFor = (name: string, opt?: object) => provider.urlFor(name, { mountPath: '', ...opt } as never)
  // Of secrets only digests are kept; the engine would compare them as they are.
  provider.Client.prototype.compareClientSecret = function (given) {
    return options.clients.isSecret(this.clientSecret ?? '', given)
  }
  watchGrants(provider, options)
  // What it answers with a 500 it tells nobody else.
  provider.on('server_error', (_, error) => options.onFault?.(error))
  provider.use(structuredTokens(options.accessTokens))
  return { provider, listener: provider.callback() }
}

async function describe(
  details: Details,
  provider: Provider,
  options: EngineOptions,
): Promise<Interaction | undefined> {
  const { uid, prompt, params, session } = details
  const client = await provider.Client.find(String(params.client_id))
  if (client === undefined || (prompt.name !== 'login' && prompt.name !== 'consent')) return undefined
  const resource = options.resources.find(({ uri }) => uri === resourceOf(params, options))
  const answeredBy = answeredByOf(details.result)
  return {
    uid,
    prompt: prompt.name,
    clientId: client.clientId,
    client: metadataOf(client),
    origin: await options.originOf(client.clientId),
    redirectUri: String(params.redirect_uri),
    resource,
    scopes: String(params.scope ?? '')
      .split(' ')
      .filter((scope) => scope !== ''),
    ...(session === undefined ? {} : { accountId: session.accountId }),
    ...(answeredBy === undefined ? {} : { answeredBy }),
  }
}

function resourceOf(params: Record<string, unknown>, { resources }: EngineOptions): string | undefined {
  const { resource } = params
  if (typeof resource === 'string') return resource
  if (Array.isArray(resource) && resource.length === 1) return String(resource[0])
  return resources.length === 1 ? resources[0]?.uri : undefined
}

async function toOutcome(
  details: Details,
  result: InteractionResult,
  provider: Provider,
  options: EngineOptions,
): Promise<InteractionResults> {
  switch (result.kind) {
    case 'signed_in':
      return { login: { accountId: result.accountId, amr: [...result.methods], remember: true } }
    case 'denied':
      return { error: 'access_denied', error_description: 'the person said no' }
    case 'consented':
      return { consent: { grantId: await keepGrant(details, result.scopes, provider, options) } }
  }
}

function keepGrant(details: Details, scopes: readonly string[], provider: Provider, options: EngineOptions) {
  const { params, session } = details
  const asked = String(params.scope ?? '').split(' ')
  const granted = {
    accountId: String(session?.accountId),
    clientId: String(params.client_id),
    resource: resourceOf(params, options),
    scopes: scopes.filter((scope) => asked.includes(scope)),
  }
  return draftGrant(provider, granted, asked).save()
}

/**
 * Where another person signs in than the one whom the browser's session knows, that session ends, and theirs has another
 * name: whoever else has the old one's cookie is nobody then. The engine would show a page for signing out first, which
 * does not exist here.
 */
async function changeAccount(details: Details, accountId: string, provider: Provider, { now }: EngineOptions) {
  const { session } = details
  if (session?.uid === undefined || session.accountId === accountId) return
  await (await provider.Session.findByUid(session.uid))?.destroy()
  delete details.session
  await details.save(details.exp - now())
}
