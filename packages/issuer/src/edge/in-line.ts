import type { Line } from '../limits/index.ts'
import { networksOf, type Visit } from '../web/index.ts'

/**
 * Has a person wait in the line, if there is a place: one of those for who is known, else of those that strangers have, so
 * that nobody is worse off for being known.
 * @param who As `Turn.who`.
 */
export function waitInLine<T>(
  line: Line,
  { peer }: Visit,
  who: string | undefined,
  work: () => Promise<T>,
): Promise<T> | undefined {
  const known = who === undefined ? undefined : line.run('known', who, work)
  return known ?? line.run('stranger', networksOf(peer).at(-1) ?? '', work)
}
