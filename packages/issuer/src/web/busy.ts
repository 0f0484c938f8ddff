import { errorReply } from '@portcullis/auth/http'
import { html } from './html.ts'
import { page } from './page.ts'
import { TEXTS } from './texts.ts'

/** When it is worth trying again, in seconds: what waits now has had its turn by then. */
const RETRY_AFTER = 2
const { title, text } = TEXTS.crowded

/** For programs: more wait than can be served in time, and nothing was done. */
export const BUSY = errorReply(503, 'temporarily_unavailable', 'Too many requests wait at this moment. Try again.', [
  ...['retry-after', String(RETRY_AFTER)],
])

/** The same for people. */
export const BUSY_PAGE = page(title, html`<h1>${title}</h1>\n<p>${text}</p>`, { status: 503, retryAfter: RETRY_AFTER })
