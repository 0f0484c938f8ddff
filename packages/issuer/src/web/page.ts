import { createHash } from 'node:crypto'
import type { Reply } from '@portcullis/auth/http'
import { type Html, html, markup } from './html.ts'
import { STYLE } from './style.ts'
import { TEXTS } from './texts.ts'

export interface PageOptions {
  readonly status?: number
  /** Values for `set-cookie`. */
  readonly cookies?: readonly string[]
  /** In seconds, for `Retry-After`. */
  readonly retryAfter?: number
  /** The one script of the page. Without it the page works, too. */
  readonly script?: string
  /** A path of this origin that the browser goes to at once. */
  readonly next?: string
  /** More than a phone's width is of use. */
  readonly isWide?: boolean
}

/** Names what was loaded with the page, so that nothing else may be. */
const hashOf = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`
const STYLE_HASH = hashOf(STYLE)

/** A whole page: no foreign resource, no frame, nothing kept by caches or told to other sites. */
export function page(title: string, main: Html, options: PageOptions = {}): Reply {
  const { status = 200, next, cookies = [], retryAfter, script, isWide = false } = options
  const policy = [
    "default-src 'none'",
    `style-src ${STYLE_HASH}`,
    ...(script === undefined ? [] : [`script-src ${hashOf(script)}`]),
    'img-src data:',
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
  const document = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<link rel="icon" href="data:,">
${next === undefined ? undefined : html`<meta http-equiv="refresh" content="0; url=${next}">`}
<title>${title} – ${TEXTS.product}</title>
<style>${markup(STYLE)}</style>
</head>
<body>
<main${isWide ? markup(' class="wide"') : undefined}>
<p class="brand">${TEXTS.product}</p>
${main}
</main>
${script === undefined ? undefined : html`<script>${markup(script)}</script>`}
</body>
</html>
`
  return {
    status,
    headers: [
      ...['content-type', 'text/html; charset=utf-8', 'cache-control', 'no-store'],
      ...['content-security-policy', policy, 'x-frame-options', 'DENY', 'x-content-type-options', 'nosniff'],
      ...['referrer-policy', 'no-referrer', 'cross-origin-opener-policy', 'same-origin'],
      ...(retryAfter === undefined ? [] : ['retry-after', String(retryAfter)]),
      ...cookies.flatMap((cookie) => ['set-cookie', cookie]),
    ],
    body: document.text,
  }
}
