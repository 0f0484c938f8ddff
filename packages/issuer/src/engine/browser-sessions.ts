import type { IncomingMessage, ServerResponse } from 'node:http'
import type Provider from 'oidc-provider'
import { standIns } from './call.ts'
import type { EngineOptions } from './options.ts'
import type { EngineRequest } from './request.ts'

/** Who is signed in at a browser. */
export interface BrowserSession {
  readonly accountId: string
  /** Names the session to us; the browser has another name for it. */
  readonly uid: string
}

/** Values for `set-cookie`. */
export type Cookies = readonly string[]

export interface BrowserSessions {
  find(request: EngineRequest): Promise<BrowserSession | undefined>
  /** Signs in under a new session, whatever session the browser came with. */
  begin(request: EngineRequest, accountId: string, methods: readonly string[]): Promise<Cookies>
  /** Signs out. What clients were granted stays. */
  end(request: EngineRequest): Promise<Cookies>
  /**
   * Ends the session, for somebody else signs in with this request.
   * @returns the request without it: they get one of another name, whatever other requests make of the old one meanwhile.
   */
  leave(request: EngineRequest): Promise<EngineRequest>
}

/** How long a browser that does nothing stays signed in, in seconds. */
export const SESSION_SECONDS = 14 * 86_400

/** What of the engine's session is not in its types: a class that finds, and cookies as the engine names and signs them. */
type SessionModel = {
  new (): EngineSession
  get(ctx: unknown): Promise<EngineSession>
}
export interface EngineSession {
  readonly id: string
  readonly uid: string
  readonly accountId?: string
  loginAccount(details: object): void
  save(ttl: number): Promise<unknown>
  destroy(): Promise<void>
}

const modelOf = (provider: Provider) => provider.Session as unknown as SessionModel

/** The session by the cookie, as the engine takes it: a new one, of nobody, where there is none. */
export function sessionAt(provider: Provider, ctx: unknown): Promise<EngineSession> {
  return modelOf(provider).get(ctx)
}

export function browserSessions(provider: () => Provider, issuer: URL, options: EngineOptions): BrowserSessions {
  const isSecure = issuer.protocol === 'https:'
  const contextOf = (req: IncomingMessage, res: ServerResponse) => provider().createContext(req, res)
  const cookieName = () => (provider() as unknown as { cookieName(kind: string): string }).cookieName('session')
  const setCookie = (ctx: ReturnType<typeof contextOf>, value: string | null): void => {
    ctx.cookies.set(cookieName(), value, {
      ...{ httpOnly: true, sameSite: 'lax', secure: isSecure, signed: true, path: '/' },
      ...(value === null ? {} : { expires: new Date((options.now() + SESSION_SECONDS) * 1000) }),
    })
  }
  const cookiesOf = (res: ServerResponse): Cookies => [res.getHeader('set-cookie') ?? []].flat().map(String)

  return {
    async find(request) {
      const { req, res } = standIns(request, issuer)
      const { accountId, uid } = await sessionAt(provider(), contextOf(req, res))
      if (accountId === undefined || !(await options.people.isLive(accountId))) return undefined
      return { accountId, uid }
    },
    async begin(request, accountId, methods) {
      const { req, res } = standIns(request, issuer)
      const ctx = contextOf(req, res)
      const before = await sessionAt(provider(), ctx)
      if (before.accountId !== undefined) await before.destroy()
      const session = new (modelOf(provider()))()
      session.loginAccount({ accountId, amr: [...methods] })
      await session.save(SESSION_SECONDS)
      setCookie(ctx, session.id)
      return cookiesOf(res)
    },
    async end(request) {
      const { req, res } = standIns(request, issuer)
      const ctx = contextOf(req, res)
      const session = await sessionAt(provider(), ctx)
      if (session.accountId !== undefined) await session.destroy()
      setCookie(ctx, null)
      return cookiesOf(res)
    },
    async leave(request) {
      const { req, res } = standIns(request, issuer)
      const ctx = contextOf(req, res)
      // Most who sign in have none: nothing is read or written for them.
      if (ctx.cookies.get(cookieName(), { signed: false }) === undefined) return request
      await (await sessionAt(provider(), ctx)).destroy()
      const dropped = [`${cookieName()}=`, `${cookieName()}.sig=`]
      // What stays is left as it is spelled, or the engine could find another cookie than the one that was looked at:
      // before a name it passes over spaces alone, while `trim` would make a name of what was none.
      const pairs = (request.headers.cookie ?? '').split(';')
      const cookie = pairs.filter((pair) => !dropped.some((name) => pair.replace(/^ +/, '').startsWith(name))).join(';')
      return { ...request, headers: { ...request.headers, cookie } }
    },
  }
}
