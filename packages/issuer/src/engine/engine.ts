import type { Reply } from '@portcullis/auth/http'
import Provider, { type JWK } from 'oidc-provider'
import type { Payload } from '../vault/index.ts'
import { callEngine, type EngineRequest, standIns } from './call.ts'
import { configurationOf, ROUTES } from './configuration.ts'
import type { EngineOptions } from './options.ts'
import type { Resource } from './resources.ts'

/** What a person is asked, and for whom. */
export interface Interaction {
  readonly uid: string
  readonly prompt: 'login' | 'consent'
  readonly clientId: string
  readonly client: Payload
  readonly redirectUri: string
  readonly resource: Resource | undefined
  /** As asked for: scopes of the resource and of the issuer. */
  readonly scopes: readonly string[]
  /** Who is signed in; absent before that. */
  readonly accountId?: string
}

export type InteractionResult =
  | { readonly kind: 'signed_in'; readonly accountId: string; readonly methods: readonly string[] }
  | { readonly kind: 'consented'; readonly scopes: readonly string[] }
  | { readonly kind: 'denied' }

export interface Engine {
  readonly routes: typeof ROUTES
  call(request: EngineRequest): Promise<Reply>
  /** What the person at this request is asked. Undefined when nothing is, or the cookie is another browser's. */
  interaction(request: EngineRequest): Promise<Interaction | undefined>
  /** @returns where the browser goes next: a path of the issuer's own. */
  finish(request: EngineRequest, result: InteractionResult): Promise<string>
  /** Takes other signing keys; requests under way finish with those they began with. The first one signs. */
  useKeys(keys: readonly JWK[]): void
}

export function createEngine(options: EngineOptions, keys: readonly JWK[]): Engine {
  const issuer = new URL(options.issuer)
  let current = build(options, keys)

  const call = (request: EngineRequest) => callEngine(current.listener, issuer, request)

  return {
    routes: ROUTES,
    call,
    async interaction(request) {
      const { req, res } = standIns(request, issuer)
      try {
        return await describe(await current.provider.interactionDetails(req, res), current.provider, options)
      } catch {
        // The cookie is missing, of another interaction, or what it names has ended.
        return undefined
      }
    },
    async finish(request, result) {
      const { req, res } = standIns(request, issuer)
      const { provider } = current
      const details = await provider.interactionDetails(req, res)
      const outcome = await toOutcome(details, result, provider, options)
      return provider.interactionResult(req, res, outcome, { mergeWithLastSubmission: result.kind === 'consented' })
    },
    useKeys(newer) {
      current = build(options, newer)
    },
  }
}

type Details = Awaited<ReturnType<Provider['interactionDetails']>>

function build(options: EngineOptions, keys: readonly JWK[]) {
  const provider = new Provider(options.issuer, configurationOf(options, keys))
  // The engine would build URLs from the request's Host; the issuer's are fixed.
  const { prototype } = provider.OIDCContext as unknown as { prototype: { urlFor: unknown } }
  prototype.urlFor = (name: string, opt?: object) => provider.urlFor(name, opt as never)
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
  return {
    uid,
    prompt: prompt.name,
    clientId: client.clientId,
    client: client.metadata() as Payload,
    redirectUri: String(params.redirect_uri),
    resource,
    scopes: String(params.scope ?? '')
      .split(' ')
      .filter((scope) => scope !== ''),
    ...(session === undefined ? {} : { accountId: session.accountId }),
  }
}

function resourceOf(params: Record<string, unknown>, { resources }: EngineOptions): string | undefined {
  const { resource } = params
  if (typeof resource === 'string') return resource
  if (Array.isArray(resource) && resource.length === 1) return String(resource[0])
  return resources.length === 1 ? resources[0]?.uri : undefined
}

async function toOutcome(details: Details, result: InteractionResult, provider: Provider, options: EngineOptions) {
  switch (result.kind) {
    case 'signed_in':
      return { login: { accountId: result.accountId, amr: [...result.methods], remember: true } }
    case 'denied':
      return { error: 'access_denied', error_description: 'the person said no' }
    case 'consented':
      return { consent: { grantId: await makeGrant(details, result.scopes, provider, options) } }
  }
}

async function makeGrant(details: Details, scopes: readonly string[], provider: Provider, options: EngineOptions) {
  const { params, session } = details
  const grant = new provider.Grant({ accountId: session?.accountId, clientId: String(params.client_id) } as never)
  const asked = String(params.scope ?? '').split(' ')
  const resource = resourceOf(params, options)
  if (resource !== undefined) {
    grant.addResourceScope(resource, scopes.join(' '))
    const refused = asked.filter((scope) => !scopes.includes(scope))
    if (refused.length > 0) grant.rejectResourceScope(resource, refused.join(' '))
  }
  // Resource scopes are scopes of the issuer, too, and the engine asks for them for ever unless they are granted here.
  grant.addOIDCScope(asked.join(' '))
  return grant.save()
}
