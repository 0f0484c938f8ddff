import { randomBytes } from 'node:crypto'
import { type CookieKind, readCookie, writeCookie } from './cookies.ts'
import type { FormTokens } from './form-token.ts'
import { isForeign, only, type Visit } from './visit.ts'

/** The form of a page that no authorization leads to: bound to a cookie of the browser, and to its session if it has one. */
export class BrowserForms {
  private readonly tokens: FormTokens
  private readonly cookie: CookieKind

  constructor(tokens: FormTokens, cookie: CookieKind) {
    this.tokens = tokens
    this.cookie = cookie
  }

  /** @returns the token for the form, and the cookie that it counts with if the browser has none yet. */
  begin(
    visit: Visit,
    purpose: string,
    sessionUid = '',
  ): { readonly token: string; readonly cookies: readonly string[] } {
    const known = readCookie(visit, this.cookie)
    const browser = known ?? randomBytes(16).toString('base64url')
    return {
      token: this.tokens.make(purpose, `${browser}\n${sessionUid}`),
      cookies: known === undefined ? [writeCookie(this.cookie, browser)] : [],
    }
  }

  isGood(visit: Visit, purpose: string, sessionUid = ''): boolean {
    const browser = readCookie(visit, this.cookie)
    if (browser === undefined || isForeign(visit)) return false
    return this.tokens.isGood(only(visit.form, 'form'), purpose, `${browser}\n${sessionUid}`)
  }
}
