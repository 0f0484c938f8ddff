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

export function redirect(location: string): Reply {
  return { status: 303, headers: ['location', location, 'cache-control', 'no-store'], body: '' }
}

/** One value of a form or query; what came several times counts as absent. */
export function only(values: URLSearchParams, name: string): string | undefined {
  const [value, ...others] = values.getAll(name)
  return others.length === 0 ? value : undefined
}
