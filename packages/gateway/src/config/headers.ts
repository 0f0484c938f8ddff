/** Names of HTTP headers that a configuration may not speak of, and why. */

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/ // RFC 9110 §5.6.2
const VALUE = /^[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?$/ // RFC 9110 §5.5

/** RFC 9110 §7.6.1, and what fields of its kind are still met in the wild. */
const OF_THE_CONNECTION = new Set([
  'connection',
  'expect',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])
const OF_THE_MESSAGE = new Set([
  'accept',
  'accept-encoding',
  'content-encoding',
  'content-length',
  'content-type',
  'host',
])
const OF_THE_CALLER = new Set(['authorization', 'cookie', 'x-api-key'])

/** @returns What is wrong with the name of a header that the gate is to add to requests to an upstream. */
export function faultOfAddedHeader(name: string): string | undefined {
  const lower = name.toLowerCase()
  if (!TOKEN.test(name)) return 'is not a valid header name'
  if (OF_THE_CONNECTION.has(lower)) return 'belongs to the connection and cannot be set'
  if (OF_THE_MESSAGE.has(lower) || lower.startsWith('mcp-')) return 'is set by the gate and cannot be set here'
  return undefined
}

/** @returns What is wrong with the name of a request header that is to travel on as the caller sent it. */
export function faultOfForwardedHeader(name: string): string | undefined {
  const lower = name.toLowerCase()
  if (OF_THE_CALLER.has(lower)) return 'carries a credential for the gate, which an upstream must never see'
  if (/^(forwarded|x-forwarded-.*|x-real-ip)$/.test(lower)) return 'says who is calling, and a caller can forge it'
  return faultOfAddedHeader(name)
}

export function isHeaderValue(value: string): boolean {
  return VALUE.test(value)
}
