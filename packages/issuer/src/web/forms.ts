import { type Html, html, markup } from './html.ts'
import { TEXTS } from './texts.ts'

/** A line of a form that a person fills in. */
export interface Field {
  readonly name: string
  readonly label: string
  readonly type?: 'text' | 'password'
  /** What browsers and password managers go by. */
  readonly autocomplete: string
  readonly hint?: string
  readonly value?: string
  /** What is wrong with it; the page's notice says it in full. */
  readonly isWrong?: boolean
  readonly hasFocus?: boolean
}

/** An input with its label and hint tied to it. A wrong one points to the page's notice. */
export function field({ name, label, type = 'text', autocomplete, hint, value, isWrong, hasFocus }: Field): Html {
  const describedBy = [...(isWrong ? [NOTICE] : []), ...(hint === undefined ? [] : [`${name}-hint`])].join(' ')
  return html`<div class="field"><label for="${name}">${label}</label>
${hint === undefined ? undefined : html`<p class="hint" id="${name}-hint">${hint}</p>`}
<input id="${name}" name="${name}" type="${type}" autocomplete="${autocomplete}" required maxlength="512"${[
    type === 'text' ? markup(' autocapitalize="none" spellcheck="false"') : undefined,
    value === undefined ? undefined : html` value="${value}"`,
    describedBy === '' ? undefined : html` aria-describedby="${describedBy}"`,
    isWrong ? markup(' aria-invalid="true"') : undefined,
    hasFocus ? markup(' autofocus') : undefined,
  ]}></div>`
}

const NOTICE = 'notice'

/** What a page has to say first. Screen readers say it at once; fields that are wrong refer to it. */
export function notice(text: string | undefined, kind: 'error' | 'done' = 'error'): Html | undefined {
  if (text === undefined) return undefined
  if (kind === 'done') return html`<p class="done" id="${NOTICE}" role="status">${text}</p>`
  return html`<p class="error" id="${NOTICE}" role="alert"><strong>${TEXTS.errorWord}</strong> ${text}</p>`
}
