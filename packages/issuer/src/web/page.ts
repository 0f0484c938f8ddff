import { createHash } from 'node:crypto'
import type { Reply } from '@portcullis/auth/http'

/** HTML that is safe to send: made by `html` alone. */
export class Html {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

type Piece = Html | string | number | undefined | readonly Piece[]

/** Text and markup: what is put in is escaped unless it is markup itself; lists are joined, undefined is nothing. */
export function html(strings: TemplateStringsArray, ...values: readonly Piece[]): Html {
  return new Html(strings.reduce((text, string, index) => `${text}${toText(values[index - 1])}${string}`))
}

function toText(piece: Piece): string {
  if (piece === undefined) return ''
  if (piece instanceof Html) return piece.text
  if (typeof piece === 'object') return piece.map(toText).join('')
  return String(piece).replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`)
}

export interface PageOptions {
  readonly status?: number
  /** Where forms of the page may lead in the end, beside this origin: browsers hold the whole chain of redirects to it. */
  readonly formTargets?: readonly string[]
  readonly cookies?: readonly string[]
}

/** Loaded with the page, so that nothing else may be. */
const hashOfStyle = (style: string): string => `'sha256-${createHash('sha256').update(style).digest('base64')}'`

/** A whole page: no script, no foreign resource, no frame, nothing kept by caches or told to other sites. */
export function page(title: string, style: string, main: Html, options: PageOptions = {}): Reply {
  const { status = 200, formTargets = [], cookies = [] } = options
  const policy = [
    "default-src 'none'",
    `style-src ${hashOfStyle(style)}`,
    "img-src 'self'",
    `form-action ${["'self'", ...formTargets].join(' ')}`,
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
  const document = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<style>${new Html(style)}</style>
</head>
<body>
<main>${main}</main>
</body>
</html>
`
  return {
    status,
    headers: [
      ...['content-type', 'text/html; charset=utf-8', 'cache-control', 'no-store'],
      ...['content-security-policy', policy, 'x-frame-options', 'DENY', 'x-content-type-options', 'nosniff'],
      ...['referrer-policy', 'no-referrer', 'cross-origin-opener-policy', 'same-origin'],
      ...cookies.flatMap((cookie) => ['set-cookie', cookie]),
    ],
    body: document.text,
  }
}
