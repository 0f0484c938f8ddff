import type { Revision } from './official.ts'
import type { Target } from './targets.ts'

interface Inapplicable {
  readonly target: Target
  readonly revision: Revision
  readonly scenario: string
  readonly ids: readonly string[]
  readonly reason: string
}

/**
 * Checks that a target cannot make, because what they look at does not exist there. Only a check that was *not made* is
 * excused by this list; one that was made and fails never is.
 */
const INAPPLICABLE: readonly Inapplicable[] = [
  {
    target: 'gate-stdio',
    revision: '2025-11-25',
    scenario: 'server-sse-multiple-streams',
    ids: ['server-sse-streams-functional'],
    reason: 'a command has no event streams; the gate answers a call that says nothing before its result with JSON',
  },
  {
    target: 'gate-stdio',
    revision: '2025-11-25',
    scenario: 'server-sse-polling',
    ids: ['server-sse-priming-event', 'server-sse-retry-field', 'server-sse-disconnect-resume'],
    reason: 'a command has no event stream that it could close early, so there is nothing to resume',
  },
]

/** @returns Why the check is not missed, or undefined when it is. */
export function whyNotMade(target: Target, revision: string, scenario: string, id: string): string | undefined {
  const fits = (entry: Inapplicable) =>
    entry.target === target && entry.revision === revision && entry.scenario === scenario && entry.ids.includes(id)
  return INAPPLICABLE.find(fits)?.reason
}
