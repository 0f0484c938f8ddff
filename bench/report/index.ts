/** How a finding becomes a result, and results become text: JSON for programs, a table for people, a page for the docs. */
export { toPage } from './page.ts'
export { conclude, median, type PeerFigures, type Report, type Result, round, unmeasured } from './result.ts'
export { toTable } from './table.ts'
