import { after, afterEach, before, describe, it } from 'node:test'

/** Revisions with sessions, oldest first. */
export const LEGACY = ['2025-03-26', '2025-06-18', '2025-11-25'] as const
export const MODERN = '2026-07-28'
export const EVERY = [...LEGACY, MODERN] as const
export type Revision = (typeof EVERY)[number]

export interface Tags {
  /** What asks for it: rows of the requirements (`TL-17`), or `story`, `input`, `record` … for a passage of the issue. */
  readonly for: string
  /** Runs once for each. Default: once, where the revision makes no difference. */
  readonly on?: readonly Revision[]
  /** Why it cannot run here. */
  readonly skip?: string | false
  /** Milliseconds. Default 30 000. */
  readonly timeout?: number
}

/** A scenario as the table of the README shows it. */
export interface Row extends Tags {
  readonly topic: string
  readonly title: string
}

let listed: Row[] | undefined
let current = ''

/** A group of scenarios that share their gates. */
export function topic(title: string, body: () => void): void {
  current = title
  if (listed === undefined) describe(title, body)
  else body()
}

/** One promise, kept or broken in front of a real gate. The title is a sentence about what happens to somebody. */
export function scenario(title: string, tags: Tags, run: (revision: Revision) => Promise<void> | void): void {
  if (listed !== undefined) {
    listed.push({ topic: current, title, ...tags })
    return
  }
  const { on, skip = false, timeout = 30_000 } = tags
  const options = { skip, timeout }
  if (on === undefined) it(title, options, async () => run(MODERN))
  else for (const revision of on) it(`${title} [${revision}]`, options, async () => run(revision))
}

/** Runs before the scenarios of its topic; not when they are only listed. */
export function setUp(work: () => unknown): void {
  if (listed === undefined) before(async () => void (await work()), { timeout: 60_000 })
}

export function tearDown(work: () => unknown): void {
  if (listed === undefined) after(async () => void (await work()), { timeout: 60_000 })
}

/** Runs after each scenario of its topic, and can fail it. */
export function afterEachOne(work: () => Promise<void>): void {
  if (listed === undefined) afterEach(async () => work(), { timeout: 20_000 })
}

/** The scenarios of these files, without running any. Files that were imported before are not listed. */
export async function listScenarios(files: readonly string[]): Promise<readonly Row[]> {
  const rows: Row[] = []
  listed = rows
  try {
    for (const file of files) await import(file)
  } finally {
    listed = undefined
  }
  return rows
}
