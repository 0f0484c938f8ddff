/**
 * A reporter for `node --test-reporter`: what happens in a test file, as lines of JSON. Runs in the process of the
 * file, where a failure is still the error that was thrown.
 */
import type { TestEvent } from 'node:test/reporters'
import { inspect } from 'node:util'

/** One line. `begun` and `ended` tell which test a file that hangs is in. */
export type Line =
  | { readonly kind: 'begun' | 'ended' | 'passed'; readonly name: string }
  | { readonly kind: 'skipped'; readonly name: string; readonly reason: string }
  | { readonly kind: 'failed'; readonly name: string; readonly line: number; readonly text: string }
  | { readonly kind: 'remark'; readonly text: string }
  | { readonly kind: 'complete' }

export default async function* reportEvents(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const path: string[] = []
  for await (const event of events) {
    for (const line of read(event, path)) yield `${JSON.stringify(line)}\n`
  }
}

/** @param path Names of the suites and the test that are being reported, outermost first; kept from event to event. */
function* read(event: TestEvent, path: string[]): Generator<Line> {
  switch (event.type) {
    case 'test:dequeue':
      yield { kind: 'begun', name: event.data.name }
      break
    case 'test:complete':
      yield { kind: 'ended', name: event.data.name }
      break
    case 'test:start':
      path.splice(event.data.nesting, Number.POSITIVE_INFINITY, event.data.name)
      break
    case 'test:pass': {
      const { skip, todo, details } = event.data
      const name = nameOf(event.data, path)
      if (skip !== undefined || todo !== undefined) yield skipped(name, skip ?? todo)
      else if (details.type !== 'suite') yield { kind: 'passed', name }
      break
    }
    case 'test:fail': {
      const { todo, line = 0, details } = event.data
      const name = nameOf(event.data, path)
      if (todo !== undefined) yield skipped(name, todo)
      // A suite fails because something in it did, and that has its own line.
      else if (failureType(details.error) !== 'subtestsFailed')
        yield { kind: 'failed', name, line, text: describe(details.error) }
      break
    }
    case 'test:diagnostic':
      // Also holds the counts, which are ours to make.
      if (!/^(tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) [\d.]+$/.test(event.data.message))
        yield { kind: 'remark', text: event.data.message }
      break
    case 'test:summary':
      yield { kind: 'complete' }
      break
  }
}

const nameOf = ({ nesting, name }: { nesting: number; name: string }, path: readonly string[]): string =>
  [...path.slice(0, nesting), name].join(' › ')

const skipped = (name: string, reason: string | boolean | undefined): Line => ({
  kind: 'skipped',
  name,
  reason: typeof reason === 'string' && reason !== '' ? reason : 'no reason given',
})

const failureType = (error: Error): string | undefined => (error as { failureType?: string }).failureType

/** What was thrown, without the frames of Node itself. */
function describe(error: Error): string {
  const thrown = error.cause ?? error
  const isAssertion = thrown instanceof Error && (thrown as { code?: string }).code === 'ERR_ASSERTION'
  const text = isAssertion ? (thrown.stack ?? thrown.message) : inspect(thrown, { depth: 4 })
  return text
    .split('\n')
    .filter((line) => !/^\s+at .*\bnode:/.test(line))
    .join('\n')
}
