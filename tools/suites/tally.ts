import type { FileVerdict } from './verdict.ts'

export interface Tally {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
}

export const NOTHING: Tally = { passed: 0, failed: 0, skipped: 0 }

export const add = (a: Tally, b: Tally): Tally => ({
  passed: a.passed + b.passed,
  failed: a.failed + b.failed,
  skipped: a.skipped + b.skipped,
})

export const tallyOf = ({ passed, failures, skips }: FileVerdict): Tally => ({
  passed,
  failed: failures.length,
  skipped: skips.length,
})

/** @param strict Whether a skip counts as a failure, as it does where everything is there that a test may need. */
export const judged = (tally: Tally, strict: boolean): Tally =>
  strict ? { passed: tally.passed, failed: tally.failed + tally.skipped, skipped: 0 } : tally

export const tallyLine = ({ passed, failed, skipped }: Tally): string =>
  `${passed} passed, ${failed} failed, ${skipped} skipped`
