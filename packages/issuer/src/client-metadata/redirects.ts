import { KNOWN_REDIRECTS } from './known-redirects.ts'

/** The most bytes of a URI. */
export const MAX_URI = 2000

/** Schemes that a browser acts on by itself, or that no application of its own stands behind. */
const NEVER = new Set(
  'about blob chrome data file filesystem ftp intent javascript mailto sms tel vbscript view-source ws wss'.split(' '),
)

/** As it is written by clients: lower case, an optional port, then path and query. */
const LOOPBACK = /^http:\/\/(?:127\.0\.0\.1|\[::1\]|localhost)(?::(\d{1,5}))?(?:[/?]|$)/

/** What a URI may be made of (RFC 3986 §2) without a fragment; `\` and the like are read differently by browsers. */
const CHARACTERS = /^(?:[A-Za-z0-9\-._~:/?[\]@!$&'()*+,;=]|%[0-9A-Fa-f]{2})+$/

/** A user in front of the host, however many slashes a browser would leap over to get there. */
const USER = /^[^:]*:\/*[^/?]*@/

/** The host as it is written, between exactly two slashes and the port or path. */
const HTTPS = /^https:\/\/([a-z0-9._-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?(?:[/?]|$)/i

/** Where browsers may be sent (requirements AS-21 to AS-23). */
export interface RedirectRules {
  /** @returns why a URI may not be registered; undefined when it may. */
  faultOf(uri: string): string | undefined
  /** Whether the only thing against a URI is that its application's scheme is not known here. */
  isUnknownScheme(uri: string): boolean
}

/**
 * @param more Further URIs with schemes of applications, whole.
 * @throws {TypeError} when one of them is no such URI.
 */
export function redirectRules(more: readonly string[] = []): RedirectRules {
  for (const uri of more) {
    const fault = faultOfForm(uri)
    if (fault !== undefined) throw new TypeError(`redirect URI ${uri}: ${fault}`)
    if (isWeb(uri)) throw new TypeError(`redirect URI ${uri}: https and loopback need no permission`)
  }
  const known = new Set([...KNOWN_REDIRECTS, ...more])
  const isUnknownScheme = (uri: string) => faultOfForm(uri) === undefined && !isWeb(uri) && !known.has(uri)
  return {
    isUnknownScheme,
    faultOf(uri) {
      const fault = faultOfForm(uri)
      if (fault !== undefined) return fault
      return isUnknownScheme(uri) ? 'its scheme is not known here; the operator can permit the whole URI' : undefined
    },
  }
}

/** Whether a URI leads to a program on the person's own machine, by a port. */
export function isLoopbackRedirect(uri: string): boolean {
  const [found, port] = LOOPBACK.exec(uri) ?? []
  return found !== undefined && (port === undefined || (Number(port) > 0 && Number(port) < 65_536))
}

function faultOfForm(uri: string): string | undefined {
  if (uri.length > MAX_URI) return `it is longer than ${MAX_URI} characters`
  if (uri.includes('#')) return 'it has a fragment'
  const url = URL.parse(uri)
  if (url === null || !CHARACTERS.test(uri)) return 'it is no absolute URI'
  const scheme = url.protocol.slice(0, -1)
  if (NEVER.has(scheme)) return `${scheme} is not allowed`
  if (USER.test(uri) || url.username !== '' || url.password !== '') return 'it holds a user'
  if (scheme === 'http') return isLoopbackRedirect(uri) ? undefined : 'http is for loopback addresses alone'
  if (scheme !== 'https') return undefined
  // What browsers would set right first (slashes, other spellings of an address) leads elsewhere than it reads.
  if (!uri.startsWith('https://') || HTTPS.exec(uri)?.[1]?.toLowerCase() !== url.hostname)
    return 'it is no absolute URI'
  return isLoopbackHost(url.hostname) ? 'a loopback address is reached by http' : undefined
}

function isWeb(uri: string): boolean {
  return /^https?:/i.test(uri)
}

function isLoopbackHost(host: string): boolean {
  const name = host.replace(/\.$/, '')
  return name === 'localhost' || name.endsWith('.localhost') || name === '[::1]' || name.startsWith('127.')
}
