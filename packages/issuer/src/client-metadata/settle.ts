import { isLoopbackRedirect, MAX_URI, type RedirectRules } from './redirects.ts'
import { cleanText, MAX_NAME } from './text.ts'

/** Members of RFC 7591 §2, as the engine takes them. */
export type ClientMetadata = Readonly<Record<string, unknown>>

/** Codes of RFC 7591 §3.2.2. */
export interface MetadataRefusal {
  readonly error: 'invalid_redirect_uri' | 'invalid_client_metadata'
  /** For the client's makers: names what is wrong with what they sent. */
  readonly description: string
}

export type Settled =
  | { readonly kind: 'settled'; readonly metadata: ClientMetadata }
  | ({ readonly kind: 'refused' } & MetadataRefusal)

const MAX_REDIRECTS = 10
const GRANT_TYPES = ['authorization_code', 'refresh_token']
/** Addresses that pages may show as links. Never fetched here. */
const LINKS = ['client_uri', 'logo_uri', 'policy_uri', 'tos_uri'] as const

/**
 * What is kept of what a client says: everything that means something here, with defaults where it is silent (RFC 7591
 * §2, requirements AS-42, IT-08 to IT-10), nothing else. How it authenticates is for the rooms above to add.
 *
 * Kept apart from refusing: grant types and links that are of no use here are left out, as §3.2.1 of the RFC allows,
 * and so is a redirect URI with an application's scheme that is not known, as long as another one is left.
 */
export function settleMetadata(said: Readonly<Record<string, unknown>>, rules: RedirectRules): Settled {
  const redirects = settleRedirects(said.redirect_uris, rules)
  if (redirects.kind === 'refused') return redirects
  const uris = redirects.uris
  const isNative = uris.some((uri) => !uri.startsWith('https://'))
  if (said.application_type === 'web' && isNative) {
    return refused('invalid_redirect_uri', 'redirect_uris of a web application must be https')
  }
  if (!isOneOf(said.application_type, [undefined, 'web', 'native'])) {
    return refused('invalid_client_metadata', 'application_type must be web or native')
  }
  const responses = said.response_types ?? ['code']
  if (!isTexts(responses) || !responses.includes('code')) {
    return refused('invalid_client_metadata', 'response_types must contain code')
  }
  // Who names none would get no refresh token by the RFC's default, and their people would sign in every quarter hour.
  const grants = said.grant_types ?? GRANT_TYPES
  if (!isTexts(grants) || !grants.includes('authorization_code')) {
    return refused('invalid_client_metadata', 'grant_types must contain authorization_code')
  }
  if (said.client_name !== undefined && typeof said.client_name !== 'string') {
    return refused('invalid_client_metadata', 'client_name must be a string')
  }
  const name = cleanText(said.client_name ?? '', MAX_NAME)
  return {
    kind: 'settled',
    metadata: {
      ...(name === '' ? {} : { client_name: name }),
      ...settleLinks(said),
      redirect_uris: uris,
      application_type: isNative ? 'native' : (said.application_type ?? 'web'),
      grant_types: GRANT_TYPES.filter((grant) => grants.includes(grant)),
      response_types: ['code'],
    },
  }
}

type Redirects =
  | { readonly kind: 'uris'; readonly uris: readonly string[] }
  | ({ readonly kind: 'refused' } & MetadataRefusal)

function settleRedirects(said: unknown, rules: RedirectRules): Redirects {
  if (!isTexts(said) || said.length === 0) {
    return refused('invalid_redirect_uri', 'redirect_uris must be a list of URIs, with one at least')
  }
  if (said.length > MAX_REDIRECTS) return refused('invalid_redirect_uri', `redirect_uris: ${MAX_REDIRECTS} at most`)
  const uris = [...new Set(said)]
  const good = uris.filter((uri) => rules.faultOf(uri) === undefined)
  const bad = uris.filter((uri) => rules.faultOf(uri) !== undefined)
  const worst = bad.find((uri) => !rules.isUnknownScheme(uri)) ?? (good.length === 0 ? bad[0] : undefined)
  if (worst === undefined) return { kind: 'uris', uris: good }
  // By its place, not by its text: what strangers write must not stand on a page of ours.
  return refused('invalid_redirect_uri', `redirect_uris[${said.indexOf(worst)}]: ${rules.faultOf(worst)}`)
}

function settleLinks(said: Readonly<Record<string, unknown>>): Record<string, string> {
  const good = LINKS.flatMap((name) => {
    const link = said[name]
    return typeof link === 'string' && isGoodLink(link) ? [[name, link] as const] : []
  })
  return Object.fromEntries(good)
}

/** https to a name with a dot: never a script, never a machine of the reader's own network. */
function isGoodLink(link: string): boolean {
  if (link.length > MAX_URI || !/^https:\/\/[^/\\][\x21-\x7e]*$/.test(link)) return false
  const url = URL.parse(link)
  if (url === null || url.username !== '' || url.password !== '') return false
  return /\.[a-z][a-z0-9-]*$/.test(url.hostname) && !isLoopbackRedirect(link)
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.length <= 50 && value.every((each) => typeof each === 'string')
}

function isOneOf(value: unknown, allowed: readonly unknown[]): boolean {
  return allowed.includes(value)
}

function refused(error: MetadataRefusal['error'], description: string) {
  return { kind: 'refused', error, description } as const
}
