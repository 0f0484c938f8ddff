import { html } from './html.ts'
import { page } from './page.ts'
import { TEXTS } from './texts.ts'

/** What somebody sees whose authorization has ended, or is another browser's. */
export const GONE = page(TEXTS.gone.title, html`<h1>${TEXTS.gone.title}</h1><p>${TEXTS.gone.text}</p>`, { status: 400 })
