import type { Reply } from '@portcullis/auth/http'

/** A request to the issuer, whole: the edge has bounded and read it. */
export interface Visit {
  readonly method: string
  /** As it was sent, without the query. */
  readonly path: string
  readonly query: URLSearchParams
  /** The query as it was sent, without `?`. */
  readonly search: string
  /** By lower-case name; those that came several times are joined as Node joins them. */
  readonly headers: Readonly<Record<string, string>>
  /** What a form holds; empty for other bodies. */
  readonly form: URLSearchParams
  readonly body: Buffer
  /** The caller's address, behind trusted proxies the one they name. */
  readonly peer: string
}

/** Answers what is its own; undefined for everything else. */
export type Handler = (visit: Visit) => Promise<Reply | undefined> | Reply | undefined

/** 303, so that what was posted is not posted again (requirements AS-56). @param cookies Values for `set-cookie`. */
export function redirect(location: string, cookies: readonly string[] = []): Reply {
  const more = cookies.flatMap((cookie) => ['set-cookie', cookie])
  return { status: 303, headers: ['location', location, 'cache-control', 'no-store', ...more], body: '' }
}

/**
 * Whether a browser says that another site made it send this. Old browsers say nothing; form tokens are for them. With
 * `Referrer-Policy: no-referrer` the `Origin` of an honest form is `null`, so that header tells nothing.
 */
export function isForeign({ headers }: Visit): boolean {
  const site = headers['sec-fetch-site']
  return site !== undefined && site !== 'same-origin' && site !== 'none'
}

/**
 * Whether a browser says that this is no page a person is led to, but what another page loads: an image, a frame, a script's
 * request. Programs that are no browsers say nothing of the site.
 */
export function isEmbedded({ headers }: Visit): boolean {
  if (headers['sec-fetch-site'] === undefined) return false
  const { 'sec-fetch-mode': mode = 'navigate', 'sec-fetch-dest': destination = 'document' } = headers
  return mode !== 'navigate' || destination !== 'document'
}

/** One value of a form or query; what came several times counts as absent. */
export function only(values: URLSearchParams, name: string): string | undefined {
  const [value, ...others] = values.getAll(name)
  return others.length === 0 ? value : undefined
}
