import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { DatabaseSync } from 'node:sqlite'
import { type IssuerStores, prepareDatabase, sqliteIssuerStores } from '@portcullis/auth/store'
import { type Issuer, type IssuerOptions, openIssuer } from '../src/index.ts'

export const PASSWORD = 'correct horse battery'

export function storesOn(db: DatabaseSync): IssuerStores {
  prepareDatabase(db)
  return sqliteIssuerStores(db)
}

export interface RunningIssuer {
  readonly url: string
  readonly issuer: Issuer
  readonly stores: IssuerStores
  readonly resource: string
  close(): Promise<void>
}

/** The header by which a test says from which address it comes; without it from 127.0.0.1. */
export const PEER = 'x-test-peer'

/** A real issuer on a real socket, over SQLite in memory, with one account: `ada`. */
export async function startIssuer(
  options: {
    readonly path?: string
    readonly db?: DatabaseSync
    readonly withoutAccounts?: boolean
  } & Partial<IssuerOptions> = {},
): Promise<RunningIssuer> {
  let issuer: Issuer | undefined
  const server: Server = createServer((request, response) =>
    issuer?.handle(request, response, String(request.headers[PEER] ?? '127.0.0.1')),
  )
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const url = `${origin}${options.path ?? ''}`
  const resource = `${origin}/everything/mcp`
  const stores = storesOn(options.db ?? new DatabaseSync(':memory:'))
  issuer = await openIssuer({
    issuer: url,
    resources: [
      {
        uri: resource,
        name: 'everything',
        scopes: ['mcp:read', 'mcp:write'],
        defaultScopes: ['mcp:read', 'mcp:write'],
        opens: {},
      },
    ],
    stores,
    sealingKey: randomBytes(32),
    ...options,
  })
  if (!options.withoutAccounts) await issuer.people.create('ada', PASSWORD)
  return {
    url,
    issuer,
    stores,
    resource,
    async close() {
      issuer?.close()
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
    },
  }
}

/** A browser without a screen: keeps cookies, follows redirects by hand, sends forms as a person would. */
export class Browser {
  readonly cookies = new Map<string, { readonly value: string; readonly path: string }>()

  async get(url: string): Promise<Response> {
    return this.visit(url, {})
  }

  /**
   * Sends the page's first form with its hidden fields, the boxes that are ticked and what the person adds. What is
   * given for a name stands for all that the page has under it.
   */
  async send(
    page: { readonly url: string; readonly text: string },
    fields: Readonly<Record<string, string | readonly string[]>>,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Response> {
    const form = /<form[\s\S]*?<\/form>/.exec(page.text)?.[0] ?? ''
    const kept = [...form.matchAll(/<input type="(hidden|checkbox)"[^>]*? name="([^"]+)" value="([^"]*)"([^>]*)>/g)]
      .filter(([, type, name = '', , rest = '']) => !(name in fields) && (type === 'hidden' || / checked\b/.test(rest)))
      .map(([, , name = '', value = '']): [string, string] => [name, value])
    const added = Object.entries(fields).flatMap(([name, value]) =>
      [value].flat().map((each): [string, string] => [name, each]),
    )
    return this.post(page.url, new URLSearchParams([...kept, ...added]), headers)
  }

  async post(url: string, body: URLSearchParams, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
    return this.visit(url, { method: 'POST', body, headers: { ...headers } })
  }

  private async visit(url: string, init: RequestInit): Promise<Response> {
    const { pathname } = new URL(url)
    const cookie = [...this.cookies]
      .filter(([, { path }]) => pathname === path || pathname.startsWith(path.endsWith('/') ? path : `${path}/`))
      .map(([name, { value }]) => `${name}=${value}`)
      .join('; ')
    const response = await fetch(url, {
      ...init,
      redirect: 'manual',
      headers: { ...init.headers, ...(cookie === '' ? {} : { cookie }) },
    })
    for (const line of response.headers.getSetCookie()) this.keep(line)
    return response
  }

  private keep(line: string): void {
    const [pair = '', ...attributes] = line.split('; ')
    const [name = '', value = ''] = pair.split(/=(.*)/s)
    const path = attributes.find((each) => /^path=/i.test(each))?.slice(5) ?? '/'
    if (value === '') this.cookies.delete(name)
    else this.cookies.set(name, { value, path })
  }
}

/**
 * Goes where an authorization URL leads: signs in, consents, and stops before the client's own address.
 * @param options.stopAt Stops before an address like this one, too.
 * @returns the URL that the client gets.
 */
export async function authorize(
  url: string,
  {
    browser = new Browser(),
    person = { name: 'ada', password: PASSWORD },
    answer = 'allow',
    stopAt = undefined as RegExp | undefined,
  } = {},
): Promise<URL> {
  let next = url
  let response = await browser.get(next)
  const { origin } = new URL(url)
  for (let step = 0; step < 10; step++) {
    const location = response.headers.get('location') ?? (await refreshOf(response))
    if (location !== null) {
      next = new URL(location, next).href
      if (new URL(next).origin !== origin || stopAt?.test(next)) return new URL(next)
      response = await browser.get(next)
      continue
    }
    const text = await response.text()
    if (!text.includes('<form')) throw new Error(`${response.status} ${text}`)
    const fields = text.includes('name="password"') ? { ...person, do: 'sign-in' } : { do: answer }
    response = await browser.send({ url: next, text }, fields)
  }
  throw new Error('it leads round in circles')
}

/** Where a page sends the browser on its own. */
async function refreshOf(response: Response): Promise<string | null> {
  const page = await response.clone().text()
  return /<meta http-equiv="refresh" content="0; url=([^"]+)">/.exec(page)?.[1] ?? null
}
