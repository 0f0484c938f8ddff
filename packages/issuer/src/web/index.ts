/** What pages are made of: a request as they see it, HTML that escapes, headers that keep a page to itself. */
export { FormTokens } from './form-token.ts'
export { Html, html, type PageOptions, page } from './page.ts'
export { STYLE } from './style.ts'
export { type Handler, only, redirect, type Visit } from './visit.ts'
