/** Where a redirect URI leads, in the forms that pages need. */

/** Whether it stays on the person's own computer. */
export function isLoopback(redirectUri: string): boolean {
  const { protocol, hostname } = new URL(redirectUri)
  const isWeb = protocol === 'http:' || protocol === 'https:'
  return isWeb && (hostname === 'localhost' || hostname === '[::1]' || hostname.startsWith('127.'))
}

/** What a person is told: the host, or the scheme where an app is opened. */
export function targetOf(redirectUri: string): string {
  const { protocol, host } = new URL(redirectUri)
  return protocol === 'http:' || protocol === 'https:' ? host : protocol
}

/** Schemes that run in the page that opens them, or read files. */
const NEVER = new Set(['javascript:', 'data:', 'vbscript:', 'blob:', 'file:', 'about:', 'filesystem:', 'view-source:'])

/** Whether a link may lead there. Registration refuses the others, too. */
export function isOpenable(url: string): boolean {
  return URL.canParse(url) && !NEVER.has(new URL(url).protocol)
}
