/** Which addresses an issuer may have: `https:`, and plain `http:` on this machine or where the operator said so. */
export function isSafeAddress(address: string, isInsecureAllowed: boolean): boolean {
  if (!URL.canParse(address)) return false
  const { protocol, hostname, username, password, hash } = new URL(address)
  if (username !== '' || password !== '' || hash !== '') return false
  return protocol === 'https:' || (protocol === 'http:' && (isInsecureAllowed || isLoopback(hostname)))
}

/** Whether a host name of a URL is this machine by its spelling (RFC 8252 §7.3). Nothing is resolved. */
export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname)
}
