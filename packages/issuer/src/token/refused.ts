import { errorReply, type Reply } from '@portcullis/auth/http'
import type { Engine } from '../engine/index.ts'
import { Meter } from '../limits/index.ts'
import { hashOf, type Vault } from '../vault/index.ts'
import { type Handler, networksOf, only, type Visit } from '../web/index.ts'

/** In five minutes so many requests of one network may be refused, and so many of all networks of a site (IPv6 /48). */
const WINDOW = 300
export const PER_NETWORK = 100
export const PER_SITE = 400
/** And, beyond that, so many that bring one and the same token or code of ours. */
export const PER_TOKEN = 20

export interface RefusedNeeds {
  readonly routes: Pick<Engine['routes'], 'token' | 'revocation' | 'introspection'>
  readonly vault: Vault
  /** The claims of an access token that one of our published keys has signed. */
  readonly verify: (token: string) => Promise<unknown>
  /** Current time, seconds since the epoch. */
  readonly now: () => number
}

/**
 * Bounds how many requests of a network may be refused where tokens are redeemed, ended and asked about: who guesses, and
 * who sends what costs work and comes to nothing, be it that a client's document was not to be had. What succeeds counts for nothing, however much there is; and who brings
 * a token or a code that is ours, spent ones included, goes on whatever others at the same address do: thousands of
 * people may be behind it, and a stolen token that comes back has to be seen.
 */
export function boundRefused(handler: Handler, { routes, vault, verify, now }: RefusedNeeds): Handler {
  const paths: readonly string[] = [routes.token, routes.revocation, routes.introspection]
  const [perNetwork, perSite] = [new Meter(PER_NETWORK, WINDOW), new Meter(PER_SITE, WINDOW)]
  const perToken = new Meter(PER_TOKEN, WINDOW)
  const isOurs = async (presented: string): Promise<boolean> => {
    for (const model of MODELS) if ((await vault.find(model, presented, now())) !== undefined) return true
    return (await verify(presented)) !== undefined
  }
  return async (visit) => {
    if (visit.method !== 'POST' || !paths.includes(visit.path)) return handler(visit)
    const [network, ...wider] = networksOf(visit.peer)
    const site = wider.at(-1) ?? network
    const presented = presentedBy(visit, routes)
    const wait = Math.max(perNetwork.wait(network, now()), perSite.wait(site, now()))
    // The answer of revocation does not tell (RFC 7009 §2.2), and afterwards nobody could.
    const isKnown = wait > 0 || visit.path === routes.revocation ? await isOurs(presented) : true
    if (wait > 0 && !isKnown) return tooMany(wait)
    const waitOfToken = wait > 0 ? perToken.wait(hashOf(presented), now()) : 0
    if (waitOfToken > 0) return tooMany(waitOfToken)
    const reply = await handler(visit)
    const isRefused = isRefusal(reply, visit, routes) || (reply?.status === 503 && !(await isOurs(presented)))
    if (isKnown && !isRefused) return reply
    if (wait > 0) perToken.take(hashOf(presented), now())
    perNetwork.take(network, now())
    perSite.take(site, now())
    return reply
  }
}

/** What a client may bring that is kept; access tokens are not. */
const MODELS = ['RefreshToken', 'AuthorizationCode']

function presentedBy({ path, form }: Visit, routes: RefusedNeeds['routes']): string {
  if (path !== routes.token) return only(form, 'token') ?? ''
  return only(form, only(form, 'grant_type') === 'authorization_code' ? 'code' : 'refresh_token') ?? ''
}

function isRefusal(reply: Reply | undefined, { path }: Visit, routes: RefusedNeeds['routes']): boolean {
  if (reply?.status === 401) return true
  if (reply?.status === 400) return memberOf(reply, 'error') !== ASKS_PERSON
  return path === routes.introspection && reply?.status === 200 && memberOf(reply, 'active') === false
}

/** No refusal: it leads the client to where it gets on. */
const ASKS_PERSON = 'interaction_required'

function memberOf({ body }: Reply, name: string): unknown {
  try {
    return JSON.parse(body)[name]
  } catch {
    return undefined
  }
}

/** Not `invalid_grant` nor `invalid_client`, which clients take for the end of what they have. */
function tooMany(seconds: number): Reply {
  return errorReply(429, 'temporarily_unavailable', 'Too many requests of your network were refused.', [
    ...['retry-after', String(seconds)],
  ])
}
