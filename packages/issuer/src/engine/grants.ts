import Provider, { errors, type Grant, type KoaContextWithOIDC } from 'oidc-provider'
import type { ConsentAsked, GrantUsed } from './asked.ts'
import { metadataOf } from './client-metadata.ts'
import type { EngineOptions } from './options.ts'

export type PutNeeds = Pick<EngineOptions, 'grants' | 'stillRemembers'>

/** Scopes of the issuer itself: granted whenever they are asked for, for they open nothing. */
const PLAIN = ['openid', 'offline_access']

/** The grant that one authorization stands on, not kept yet. Scopes that were asked for and are not granted count as refused. */
export function draftGrant(
  provider: Provider,
  granted: Pick<ConsentAsked, 'accountId' | 'clientId' | 'scopes'> & { readonly resource: string | undefined },
  asked: readonly string[],
): Grant {
  const { accountId, clientId, resource, scopes } = granted
  const grant = new provider.Grant({ accountId, clientId } as never)
  const refused = asked.filter((scope) => !scopes.includes(scope) && !PLAIN.includes(scope))
  const given = asked.filter((scope) => scopes.includes(scope) || PLAIN.includes(scope))
  // Resource scopes are scopes of the issuer, too, and the engine asks for them for ever unless they are settled here.
  if (given.length > 0) grant.addOIDCScope(given.join(' '))
  if (refused.length > 0) grant.rejectOIDCScope(refused.join(' '))
  if (resource !== undefined) {
    if (scopes.length > 0) grant.addResourceScope(resource, scopes.join(' '))
    if (refused.length > 0) grant.rejectResourceScope(resource, refused.join(' '))
  }
  return grant
}

/** Grants that are being kept while the engine goes on with them, by request. */
const keeping = new WeakMap<object, Promise<unknown>>()

/**
 * Puts a code, and with it the grant of the engine's request where that is not kept yet: both go in one write.
 * @throws when the consent that the grant stands on was withdrawn meanwhile: then neither is left.
 */
export async function putOnGrant(
  code: { grantId?: string | undefined; put(): unknown },
  needs: PutNeeds,
): Promise<void> {
  const { ctx } = Provider
  await Promise.all([code.put(), ctx && keeping.get(ctx)])
  const asked = ctx && remembered.get(ctx)
  // First put, then looked: whoever ends all access withdraws the consent first, and then ends what there is.
  if (asked === undefined || (await needs.stillRemembers?.(asked)) !== false) return
  await needs.grants.revoke(code.grantId ?? '', { actor: 'person' })
  throw new errors.AccessDenied('access was ended meanwhile')
}

/** What was asked by requests whose grant stands on remembered consent: nobody else goes without being asked. */
const remembered = new WeakMap<object, ConsentAsked>()

export function isRemembered(ctx: KoaContextWithOIDC): boolean {
  return remembered.has(ctx)
}

/**
 * The grant that an authorization stands on: the one the person has just made, or a new one where consent is
 * remembered. Each authorization has its own, for several devices may share a client id.
 */
export async function existingGrant(ctx: KoaContextWithOIDC, options: EngineOptions): Promise<Grant | undefined> {
  const { provider, result } = ctx.oidc
  const made = result?.consent?.grantId
  if (made !== undefined) return provider.Grant.find(made)
  const asked = askedOf(ctx, options)
  if (asked === undefined || !((await options.remembers?.(asked)) ?? false)) return undefined
  const grant = draftGrant(provider, asked, scopesOf(ctx))
  const kept = grant.save()
  // Whoever puts the code hears of it; without a code nobody needs the grant.
  kept.catch(() => {})
  keeping.set(ctx, kept)
  remembered.set(ctx, asked)
  return grant
}

/** Undefined where the request wants the person to be asked, or not exactly one resource is meant. */
function askedOf(ctx: KoaContextWithOIDC, { resources }: EngineOptions): ConsentAsked | undefined {
  const { client, account, params, prompts, resourceServers } = ctx.oidc
  const asksAnew = [...prompts].some((prompt) => prompt !== 'none') || params?.max_age !== undefined
  const [uri, ...others] = Object.keys(resourceServers ?? {})
  const resource = resources.find((each) => each.uri === uri)
  if (client === undefined || account === undefined || params === undefined) return undefined
  if (asksAnew || resource === undefined || others.length > 0) return undefined
  return {
    accountId: account.accountId,
    clientId: client.clientId,
    client: metadataOf(client),
    redirectUri: String(params.redirect_uri),
    resource: resource.uri,
    scopes: scopesOf(ctx).filter((scope) => resource.scopes.includes(scope)),
  }
}

function scopesOf(ctx: KoaContextWithOIDC): readonly string[] {
  return String(ctx.oidc.params?.scope ?? '')
    .split(' ')
    .filter((scope) => scope !== '')
}

const telling = new WeakMap<object, Promise<void>>()

/** What has to be over before a request is answered: who looks at the record then finds what was granted. */
export function toldOf(req: object): Promise<void> | undefined {
  return telling.get(req)
}

/** Tells of each code and each pair of tokens that the engine issues. */
export function watchGrants(provider: Provider, { onGrantUsed, onFault }: EngineOptions): void {
  const tell = (ctx: KoaContextWithOIDC, kind: GrantUsed['kind']): void => {
    const used = usedOf(ctx, kind)
    if (used === undefined || onGrantUsed === undefined) return
    telling.set(ctx.req, Promise.try(() => onGrantUsed(used)).catch(onFault ?? (() => {})))
  }
  provider.on('authorization.success', (ctx) => tell(ctx, 'authorized'))
  provider.on('grant.success', (ctx) => tell(ctx, 'redeemed'))
}

function usedOf(ctx: KoaContextWithOIDC, kind: GrantUsed['kind']): GrantUsed | undefined {
  const { Grant, Client } = ctx.oidc.entities
  if (Grant?.jti === undefined || Client === undefined || Grant.accountId === undefined) return undefined
  const redirectUri = ctx.oidc.params?.redirect_uri
  return {
    kind,
    grantId: Grant.jti,
    accountId: Grant.accountId,
    clientId: Client.clientId,
    // Made out for who looks: refreshing is what clients do all the time, and nobody looks then.
    get client() {
      return metadataOf(Client)
    },
    get scopes() {
      return resourcesOf(Grant).flatMap((uri) => Grant.getResourceScope(uri).split(' '))
    },
    ...(typeof redirectUri === 'string' ? { redirectUri } : {}),
    peer: ctx.req.socket.remoteAddress ?? '',
  }
}

function resourcesOf(grant: object): readonly string[] {
  return Object.keys((grant as { readonly resources?: Readonly<Record<string, string>> }).resources ?? {})
}
