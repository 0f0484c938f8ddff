import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'

const HOST_NAME = /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/i

/** Whether a host, with or without the brackets of IPv6, can only be reached from this machine. */
export function isLoopbackHost(host: string): boolean {
  const name = host.replace(/^\[|\]$/g, '').toLowerCase()
  if (name === 'localhost' || name.endsWith('.localhost')) return true // RFC 6761 §6.3
  return isIP(name) !== 0 && ipaddr.process(name).range() === 'loopback'
}

/** `0.0.0.0` and `::`: every address of this machine, and so none that a caller could be told. */
export function isEveryAddress(host: string): boolean {
  return isIP(host) !== 0 && ipaddr.process(host).range() === 'unspecified'
}

/** A name or an IP address without brackets, as `server.listen` takes it. */
export function isListenHost(text: string): boolean {
  if (isIP(text) !== 0) return !text.includes('%')
  // What looks like digits and dots but is no address (`127.0.1`) would be handed to the resolver.
  return HOST_NAME.test(text) && !/^[\d.]+$/.test(text)
}

export type Parsed<T> = { readonly ok: T } | { readonly fault: string }

/** @returns The origin: scheme, host and, unless it is the scheme's own, port; without a trailing slash. */
export function parsePublicUrl(text: string): Parsed<string> {
  const url = parseHttpUrl(text)
  if (url === undefined) return { fault: 'must be a URL such as https://mcp.example.com' }
  const faults: string[] = []
  if (url.username !== '' || url.password !== '') faults.push('must not hold a user name or password')
  if (/[?#]/.test(text)) faults.push('must not have a query or a fragment')
  if (url.pathname !== '/') faults.push('must not have a path: servers are found at the root of their host')
  if (url.protocol === 'http:' && !isLoopbackHost(url.hostname)) {
    faults.push('must use https; http is for addresses of this machine only')
  }
  return faults.length > 0 ? { fault: faults.join('; ') } : { ok: url.origin }
}

/** An origin as browsers send it. Wildcards and `null` stand for anybody and are refused. */
export function parseOrigin(text: string): Parsed<string> {
  if (text.includes('*')) return { fault: 'must be one exact origin; wildcards are not accepted' }
  if (text === 'null') return { fault: 'must not be `null`: any sandboxed page sends that origin' }
  const url = parseHttpUrl(text)
  if (url === undefined || text.replace(/\/$/, '').split('/').length !== 3 || /[?#@]/.test(text)) {
    return { fault: 'must be an origin such as https://app.example.com, without a path' }
  }
  if (url.protocol === 'http:' && !isLoopbackHost(url.hostname)) {
    return { fault: 'must use https; http is for addresses of this machine only' }
  }
  return { ok: url.origin }
}

/** A value of the Host header: `host` or `host:port`, IPv6 in brackets. */
export function parseHostValue(text: string): Parsed<string> {
  const [, host = '', port] = /^(\[[0-9a-f:.]+\]|[^:[\]]+)(?::(\d{1,5}))?$/i.exec(text) ?? []
  const bare = host.replace(/^\[|\]$/g, '')
  const fits = host.startsWith('[') ? isIP(bare) === 6 : isListenHost(bare)
  if (!fits || (port !== undefined && !isPort(Number(port)))) {
    return { fault: 'must be a host or host:port, such as mcp.example.com or 10.0.0.5:8443' }
  }
  return { ok: text.toLowerCase() }
}

function isPort(port: number): boolean {
  return port >= 1 && port <= 65_535
}

/** One address or a CIDR range, spelled in full: `ipaddr.js` alone would read `10.1` as 10.0.0.1. */
export function parseProxy(text: string): Parsed<string> {
  const [address = '', prefix, ...rest] = text.split('/')
  const version = address.includes('%') ? 0 : isIP(address)
  const bits = version === 4 ? 32 : 128
  const inRange = prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= bits)
  if (version === 0 || !inRange || rest.length > 0 || !isReadable(text, prefix !== undefined)) {
    return { fault: 'must be an IP address or a range, such as 10.0.0.5 or 10.0.0.0/24' }
  }
  if (Number(prefix ?? bits) === 0) return { fault: 'must not be every address there is: anybody could forge headers' }
  return { ok: text }
}

/** The last word is the parser's that will read it again. */
function isReadable(text: string, isRange: boolean): boolean {
  return isRange ? ipaddr.isValidCIDR(text) : ipaddr.isValid(text)
}

/** Upstreams may be anywhere and speak http or https; what would be dropped or leak on the way is refused. */
export function parseUpstreamUrl(text: string): Parsed<string> {
  const url = parseHttpUrl(text)
  if (url === undefined) return { fault: 'must be an http or https URL' }
  if (url.username !== '' || url.password !== '') {
    return { fault: 'must not hold a user name or password; send them in `headers`' }
  }
  if (text.includes('#')) return { fault: 'must not have a fragment' }
  return { ok: url.href }
}

function parseHttpUrl(text: string): URL | undefined {
  // The parser forgives what a reader would not see: spaces, tabs, a missing slash, a backslash.
  if (!/^https?:\/\/[^\s\\]+$/i.test(text) || !URL.canParse(text)) return undefined
  return new URL(text)
}

/** Schemes that no application owns: browsers and systems act on them. */
const NO_APP = /^(https?|wss?|ftp|file|data|javascript|vbscript|blob|about|view-source|mailto|tel|sms):/i

/** A whole URI that an application on people's machines is started with. */
export function parseAppUri(text: string): Parsed<string> {
  const isUri = /^[A-Za-z][A-Za-z0-9+.-]*:\/?\/?[^\s#]+$/.test(text) && URL.canParse(text)
  if (!isUri) return { fault: 'must be a whole URI without `#`, such as myapp://oauth/callback' }
  if (NO_APP.test(text))
    return { fault: 'must have the scheme of an application; https and loopback need no permission' }
  return { ok: text }
}
