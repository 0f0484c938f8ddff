/**
 * Runs test files, each in a process of its own, and sees to it that nothing of theirs is still there afterwards.
 *
 *   files ─▶ process per file ─▶ events of its tests ─▶ verdict ─▶ tally
 *                  └─ its children, and theirs ─────────▲
 *
 * `node --test` is not used for this because a file that ends early counts as passed there, a file that hangs is asked
 * to end and not made to, and what it leaves running stays.
 */
export { BLACK_BOX, runBlackBox } from './black-box.ts'
export { findTestFiles } from './find.ts'
export { type RunOptions, runFiles } from './run-files.ts'
export { add, judged, NOTHING, type Tally, tallyLine, tallyOf } from './tally.ts'
export { brief, explain, type Failure, type FileVerdict, type Skip } from './verdict.ts'
