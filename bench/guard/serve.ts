import type { Span } from '../load/job.ts'
import { answerJobs } from '../process/jobs.ts'
import { type Case, expect, runChecks } from './burst.ts'
import type { Checker, Credential, WrongCredential } from './checker.ts'
import { readCredentials } from './tokens.ts'

/** What a process that checks is asked over its IPC channel. */
export type CheckJob =
  /** To let every good credential in and to refuse every wrong one: else its figures are worth nothing. */
  | { readonly kind: 'prove' }
  /** A burst with the good ones in turn, round and round. */
  | ({ readonly kind: 'warm' } & Span)
  /** A burst with those of a file, each once. */
  | ({ readonly kind: 'once'; readonly file: string } & Span)

/** Does the jobs of a process of one checker. */
export function serveChecks<Request>(
  checker: Checker<Request>,
  good: readonly Credential[],
  wrong: readonly WrongCredential[],
): void {
  const prepared = (list: readonly Credential[]): readonly Case<Request>[] =>
    list.map(({ text, subject }) => ({ request: checker.prepare(text), subject }))
  const warm = prepared(good)
  answerJobs(async (job: CheckJob) => {
    switch (job.kind) {
      case 'prove':
        await prove(checker, good, wrong)
        return { kind: 'proven' }
      case 'warm':
        return runChecks(checker, roundAndRound(warm), job)
      case 'once':
        return runChecks(checker, eachOnce(prepared(readCredentials(job.file))), job)
    }
  })
}

/** @throws {Error} for the first wrong answer. */
export async function prove<Request>(
  { prepare, check }: Checker<Request>,
  good: readonly Credential[],
  wrong: readonly WrongCredential[],
): Promise<void> {
  for (const { text, subject } of good) {
    expect(await check(prepare(text)), subject)
  }
  for (const { text, what } of wrong) {
    const found = await check(prepare(text))
    if (found !== undefined) throw new Error(`${what} was let in as ${found}`)
  }
}

function roundAndRound<T>(list: readonly T[]): () => T | undefined {
  let at = 0
  return () => {
    if (at === list.length) at = 0
    return list[at++]
  }
}

function eachOnce<T>(list: readonly T[]): () => T | undefined {
  let at = 0
  return () => list[at++]
}
