import { Browser } from '../given.ts'

/** Where a browser is on the way of an authorization, and what it sees there. */
export interface Step {
  readonly url: string
  readonly status: number
  readonly text: string
}

/** Goes on by redirects and by pages that lead on, no further than where `stop` says. */
export async function go(browser: Browser, url: string, stop: (url: string) => boolean = () => false): Promise<Step> {
  let at = url
  for (let hops = 0; hops < 10; hops++) {
    if (stop(at) || new URL(at).origin !== new URL(url).origin) return { url: at, status: 0, text: '' }
    const response = await browser.get(at)
    const text = await response.text()
    const next =
      response.headers.get('location') ?? /<meta http-equiv="refresh" content="0; url=([^"]+)">/.exec(text)?.[1]
    if (next === undefined) return { url: at, status: response.status, text }
    at = new URL(next, at).href
  }
  throw new Error('it leads round in circles')
}

/** Sends the form of a step. @returns where it leads. */
export async function send(
  browser: Browser,
  step: Step,
  fields: Readonly<Record<string, string | readonly string[]>>,
): Promise<string> {
  const response = await browser.send(step, fields)
  const location = response.headers.get('location')
  if (location === null) throw new Error(`${response.status} ${await response.text()}`)
  return new URL(location, step.url).href
}

/** Who is signed in. */
export async function who(browser: Browser, issuer: string): Promise<string | undefined> {
  const text = await (await browser.get(new URL('/account', issuer).href)).text()
  return /Signed in as <strong><bdi>([^<]*)/.exec(text)?.[1]
}

/** Puts cookies of one browser into another, as another port of the machine or a host beside the issuer's can. */
export function plant(from: Browser, to: Browser, name: RegExp): void {
  for (const [key, cookie] of from.cookies) if (name.test(key)) to.cookies.set(key, { ...cookie })
}

type Cookie = ReturnType<Browser['cookies']['get']> & object

/** What one tab sends: cookies of the question that it shows are found under that path alone, others in all tabs. */
class TabCookies extends Map<string, Cookie> {
  private readonly shared: Map<string, Cookie>

  constructor(shared: Map<string, Cookie>) {
    super()
    this.shared = shared
  }

  override set(name: string, cookie: Cookie): this {
    if (cookie.path === '/') this.shared.set(name, cookie)
    else super.set(name, cookie)
    return this
  }

  override delete(name: string): boolean {
    return super.delete(name) || this.shared.delete(name)
  }

  override *[Symbol.iterator](): MapIterator<[string, Cookie]> {
    yield* super.entries()
    yield* this.shared.entries()
  }
}

/** Two tabs of one browser. */
export function givenTabs(): [Browser, Browser] {
  const shared = new Map<string, Cookie>()
  const tab = () => Object.assign(new Browser(), { cookies: new TabCookies(shared) })
  return [tab(), tab()]
}
