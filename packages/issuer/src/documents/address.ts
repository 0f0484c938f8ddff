/** The longest URL that a client may be named by. */
const MAX_LENGTH = 1000

const SHAPE = /^https:\/\/([^/?#]+)(\/[^?#]*)(\?[^#]*)?$/
/** What a URI may be made of (RFC 3986 §2), percent signs only before two hexadecimal digits. */
const CHARACTERS = /^(?:[A-Za-z0-9\-._~:/?[\]@!$&'()*+,;=]|%[0-9A-Fa-f]{2})+$/

/** Whether a client id is meant to be the URL of a document. */
export function isDocumentAddress(clientId: string): boolean {
  return clientId.startsWith('https://')
}

/**
 * Why a URL cannot name a client (draft-ietf-oauth-client-id-metadata-document-01 §3). Looks at the text as it was sent:
 * a URL object would have tidied away what is to be refused.
 * @returns undefined when it can.
 */
export function faultOfAddress(clientId: string): string | undefined {
  if (clientId.length > MAX_LENGTH) return `it is longer than ${MAX_LENGTH} characters`
  const parts = SHAPE.exec(clientId)
  if (parts === null || !CHARACTERS.test(clientId)) return 'it must be an https URL with a path and without a fragment'
  const [, authority = '', path = ''] = parts
  if (authority.includes('@')) return 'it holds a user'
  if (path === '/') return 'it has no path'
  const segments = path.split('/').map((segment) => segment.replace(/%2e/gi, '.'))
  if (segments.some((segment) => segment === '.' || segment === '..')) return 'its path has dot segments'
  return URL.parse(clientId) === null ? 'it is no URL' : undefined
}
