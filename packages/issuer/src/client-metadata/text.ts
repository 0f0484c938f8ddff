/** The most characters of a client's name. */
export const MAX_NAME = 80

/**
 * Text that a stranger chose, fit to stand on a page: without controls, characters that have no shape or turn the
 * direction of what follows, lone surrogates and private-use ones; white space as single spaces; no letter with more
 * than two marks on it. Characters that look like others are left: no table of those is ever complete.
 */
export function cleanText(text: string, most: number): string {
  const clean = text
    .slice(0, most * 20)
    .normalize('NFC')
    .replace(/[\p{Z}\s]+/gu, ' ')
    .replace(/[\p{C}\u115F\u1160\u3164\uFFA0\u2800]/gu, '')
    .replace(/(\p{M}{2})\p{M}+/gu, '$1')
    .replace(/ +/g, ' ')
    .trim()
  const characters = [...clean]
  return characters.length <= most
    ? clean
    : `${characters
        .slice(0, most - 1)
        .join('')
        .trimEnd()}…`
}
