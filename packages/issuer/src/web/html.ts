/** HTML that is safe to send: made by `html`, or by `markup` of what is written in this program. */
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

/** Takes text for markup. Only for text of this program. */
export function markup(text: string): Html {
  return new Html(text)
}

function toText(piece: Piece): string {
  if (piece === undefined) return ''
  if (piece instanceof Html) return piece.text
  if (typeof piece === 'object') return piece.map(toText).join('')
  return String(piece).replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`)
}

/** An URL that breaks between its parts where a line is too short, and not in the middle of a word. */
export function shownUrl(url: string): Html {
  const parts = url.split(/(?<=:\/\/)|(?=[/?&#])(?<!:\/?)/)
  return html`${parts.map((part, index) => (index === 0 ? html`${part}` : html`<wbr>${part}`))}`
}

/**
 * A name that somebody gave themselves, as it may stand on a page: no control or invisible signs (they can turn the
 * direction of what follows), at most 80 characters.
 */
export function shownName(name: string): string {
  const plain = name
    .normalize('NFC')
    .replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '')
    .replace(/\p{Z}+/gu, ' ')
    .trim()
  const signs = [...plain]
  return signs.length > 80 ? `${signs.slice(0, 79).join('')}…` : plain
}
