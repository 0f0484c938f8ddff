import type { Visit } from './visit.ts'

/** A cookie of ours, beside those of the engine. */
export interface CookieKind {
  readonly name: string
  readonly isSecure: boolean
}

/** @param isSecure Whether the issuer is served over https: then the name binds the cookie to this very host. */
export function cookieKind(name: string, isSecure: boolean): CookieKind {
  return { name: isSecure ? `__Host-portcullis-${name}` : `portcullis-${name}`, isSecure }
}

/** The value that the browser sent. What came several times counts as absent: one of them is somebody else's. */
export function readCookie({ headers }: Visit, { name }: CookieKind): string | undefined {
  const values = (headers.cookie ?? '')
    .split(/; */)
    .filter((pair) => pair.startsWith(`${name}=`))
    .map((pair) => pair.slice(name.length + 1))
  return values.length === 1 ? values[0] : undefined
}

/** @param seconds How long the browser keeps it; without it until it is closed. */
export function writeCookie({ name, isSecure }: CookieKind, value: string, seconds?: number): string {
  const age = seconds === undefined ? '' : `; max-age=${seconds}`
  return `${name}=${value}; path=/; httponly; samesite=lax${isSecure ? '; secure' : ''}${age}`
}
