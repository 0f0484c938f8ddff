import { outboundOption } from '../../src/admission/index.ts'
import type { IssuerOptions } from '../../src/index.ts'
import { Outbound } from '../../src/outbound/index.ts'
import { Browser, PASSWORD, type RunningIssuer, startIssuer } from '../given.ts'
import { go, send, who } from '../interaction/steps.ts'
import { Party, REDIRECT } from '../party.ts'
import { givenAuthority, givenHost, givenNames } from './given-host.ts'

export const ADA = { name: 'ada', password: PASSWORD, do: 'sign-in' }
/** Where a client is known to be who it says, so that a yes to it is remembered. */
export const WEB = 'https://client.example/callback'
/** Where a browser leaves the issuer. */
export const isLed = (url: string): boolean => url.startsWith(WEB) || url.startsWith(REDIRECT)

/** An issuer, and clients whose documents are fetched from a server that answers when it is let. */
export interface SlowDocuments {
  readonly running: RunningIssuer
  readonly account: string
  /** The id of ada's account. */
  readonly ada: string
  /** What the operator was told of. */
  readonly faults: readonly unknown[]
  /** A client of its own. */
  client(): Party
  /** So many seconds go by: documents are looked at anew. */
  pass(seconds: number): void
  /** Does `work` while the server holds the document that `request` waits for. */
  during<Result>(request: () => Promise<Result>, work: () => Promise<unknown>): Promise<Result>
  signedIn(): Promise<Browser>
  close(): Promise<void>
}

export async function givenSlowDocuments(options: Partial<IssuerOptions> = {}): Promise<SlowDocuments> {
  let arrived = Promise.withResolvers<void>()
  let held: Promise<void> = Promise.resolve()
  let later = 0
  let documents = 0
  const authority = givenAuthority()
  const id = (path: string) => `https://client.test:${host.port}${path}`
  const host = await givenHost(authority, async (request, response) => {
    arrived.resolve()
    await held
    const said = { client_id: id(String(request.url)), client_name: 'A document', redirect_uris: [REDIRECT, WEB] }
    response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-store' })
    response.end(JSON.stringify(said))
  })
  const { resolve } = givenNames({ 'client.test': [['127.0.0.1']] })
  const outbound = new Outbound({ allowsLoopback: true, resolve, ca: authority.ca })
  const faults: unknown[] = []
  const running = await startIssuer({
    [outboundOption]: outbound,
    now: () => Math.floor(Date.now() / 1000) + later,
    onFault: (error) => faults.push(error),
    ...options,
  })
  const account = new URL('/account', running.url).href
  return {
    running,
    account,
    ada: (await running.issuer.people.findByName('ada'))?.id ?? '',
    faults,
    client: () => new Party(running, id(`/${++documents}.json`)),
    pass(seconds) {
      later += seconds
    },
    async during(request, work) {
      const gate = Promise.withResolvers<void>()
      arrived = Promise.withResolvers()
      held = gate.promise
      const underWay = request()
      await arrived.promise
      await work()
      gate.resolve()
      return underWay
    },
    async signedIn() {
      const browser = new Browser()
      await send(browser, await go(browser, account), ADA)
      if ((await who(browser, running.url)) !== 'ada') throw new Error('not signed in')
      return browser
    },
    async close() {
      await running.close()
      await host.close()
    },
  }
}

/** Does what a form of the account page does. */
export async function act(browser: Browser, account: string, fields: Readonly<Record<string, string>>) {
  const page = await (await browser.get(account)).text()
  const form = /name="form" value="([^"]+)"/.exec(page)?.[1] ?? ''
  return browser.post(account, new URLSearchParams({ form, ...fields }))
}

/** Lets `work` come between: right before the next write of its kind reaches a real store. */
export function justBefore<Store extends object>(
  store: Store,
  method: keyof Store,
  model: string | undefined,
  work: () => Promise<unknown>,
): void {
  const real = (store[method] as (...args: readonly unknown[]) => unknown).bind(store)
  let isDone = false
  const between = (...args: readonly unknown[]): unknown => {
    const isMeant = model === undefined || (args[0] as { readonly model?: string }).model === model
    if (isDone || !isMeant) return real(...args)
    isDone = true
    return work().then(() => real(...args))
  }
  Object.assign(store, { [method]: between })
}
