/** What pages are made of: a request as they see it, HTML that escapes, headers that keep a page to itself, all texts. */

export { AnswerMarks } from './answer-marks.ts'
export { BrowserForms } from './browser-forms.ts'
export { type CookieKind, cookieKind, readCookie, writeCookie } from './cookies.ts'
export { FormTokens } from './form-token.ts'
export { type Field, field, notice } from './forms.ts'
export { GONE } from './gone.ts'
export { Html, html, shownName, shownUrl } from './html.ts'
export { networkOf, networksOf } from './network.ts'
export { type PageOptions, page } from './page.ts'
export { isLoopback, isOpenable, targetOf } from './targets.ts'
export { TEXTS } from './texts.ts'
export { type Handler, isForeign, only, redirect, type Visit } from './visit.ts'
