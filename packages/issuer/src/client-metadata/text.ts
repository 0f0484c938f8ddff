/** The most characters of a client's name. */
export const MAX_NAME = 80

/** Blank by design, though Unicode calls them letters, marks or symbols: an empty cell, a filler, a head without a note. */
const BLANK = /[\u2800\uFFFC\u{13441}\u{13442}\u{16FE4}\u{1D159}]/gu

/**
 * Text that a stranger chose, fit to stand on a page: without controls, characters that have no shape or turn the
 * direction of what follows, lone surrogates and private-use ones; white space as single spaces; no letter with more
 * than two marks on it. Empty where nothing could be seen. Characters that look like others are left: no table of those is ever complete.
 */
export function cleanText(text: string, most: number): string {
  const clean = text
    .slice(0, most * 20)
    .normalize('NFC')
    .replace(/[\p{Z}\s]+/gu, ' ')
    .replace(/[\p{C}\p{Default_Ignorable_Code_Point}]/gu, '')
    .replace(BLANK, '')
    .replace(/(\p{M}{2})\p{M}+/gu, '$1')
    .replace(/ +/g, ' ')
    .trim()
  if (!/[\p{L}\p{N}\p{P}\p{S}]/u.test(clean)) return ''
  const characters = [...clean]
  return characters.length <= most
    ? clean
    : `${characters
        .slice(0, most - 1)
        .join('')
        .trimEnd()}…`
}
