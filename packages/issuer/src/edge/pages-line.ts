import type { Line } from '../limits/index.ts'
import { BUSY_PAGE, type Handler } from '../web/index.ts'
import { waitInLine } from './in-line.ts'
import type { Turns } from './turns.ts'

export interface PagesLineNeeds {
  /** Where the pages are. What follows a `/` belongs to them. */
  readonly paths: readonly string[]
  readonly turns: Pick<Turns, 'whoIs'>
  /** Where those wait who look at a page or send one. */
  readonly line: Line
}

/**
 * The human steps, in the line before the engine: to sign a cookie, to open what is kept and to write a page takes as long
 * as much that is asked there, and anybody may ask for it.
 */
export function pagesInLine(pages: readonly Handler[], { paths, turns, line }: PagesLineNeeds): Handler {
  const answer: Handler = async (visit) => {
    for (const page of pages) {
      const reply = await page(visit)
      if (reply !== undefined) return reply
    }
    return undefined
  }
  return async (visit) => {
    if (!paths.some((path) => visit.path === path || visit.path.startsWith(`${path}/`))) return undefined
    return waitInLine(line, visit, await turns.whoIs(visit), async () => answer(visit)) ?? BUSY_PAGE
  }
}
