/**
 * Runs the official suite directly against the fixture and again with something in between, and compares check by check.
 * A gate that loses one check of one scenario has changed what a client sees.
 */
import { whyNotMade } from './inapplicable.ts'
import { listScenarios, REVISIONS, runOfficial, type Scenario, type ScenarioResult } from './official.ts'
import { TARGETS, type Target, withTarget } from './targets.ts'

/** A verdict of one check: what it said, in the order it said it when it was asked several times. */
export interface Verdict {
  readonly revision: string
  readonly scenario: string
  readonly unscored: string | undefined
  readonly id: string
  readonly name: string
  readonly statuses: readonly string[]
  readonly message: string | undefined
}

export type Outcome = 'same' | 'failed' | 'different' | 'gained' | 'skipped'

export interface Compared extends Verdict {
  readonly target: Target
  readonly outcome: Outcome
  /** What the direct run said; absent for a check that only this target made. */
  readonly direct?: readonly string[]
}

/** `INFO` is a remark, not a verdict: how many events a stream had, or that a server answered without one. */
function verdicts(results: readonly ScenarioResult[]): Map<string, Verdict> {
  const found = new Map<string, Verdict>()
  for (const { revision, name: scenario, unscored, checks } of results)
    for (const { id, name, status, errorMessage } of checks) {
      if (status === 'INFO') continue
      const key = `${revision} ${scenario} ${id} ${name}`
      const before = found.get(key)
      const statuses = [...(before?.statuses ?? []), status]
      const message = status === 'SUCCESS' ? before?.message : errorMessage
      found.set(key, { revision, scenario, unscored, id, name, statuses, message })
    }
  return found
}

const good = ({ statuses }: Verdict): boolean => statuses.every((status) => status === 'SUCCESS')
const skipped = ({ statuses }: Verdict): boolean => statuses.every((status) => status === 'SKIPPED')

function judgeDirect(verdict: Verdict): Outcome {
  if (good(verdict)) return 'same'
  // A scenario that the requirement set itself does not count cannot fail the fixture.
  return skipped(verdict) || verdict.unscored ? 'skipped' : 'failed'
}

export function compare(
  direct: readonly ScenarioResult[],
  target: Target,
  other: readonly ScenarioResult[],
): readonly Compared[] {
  const expected = verdicts(direct)
  const got = verdicts(other)
  if (target === 'direct') return [...expected.values()].map((v) => ({ ...v, target, outcome: judgeDirect(v) }))
  const compared: Compared[] = []
  for (const [key, wanted] of expected) {
    const made = got.get(key)
    const excuse = made ? undefined : whyNotMade(target, wanted.revision, wanted.scenario, wanted.id)
    const { statuses, message } = made ?? { statuses: [], message: excuse ?? 'the check was not made' }
    const same = statuses.join() === wanted.statuses.join()
    const outcome = excuse || (same && skipped(wanted)) ? 'skipped' : same ? 'same' : 'different'
    compared.push({ ...wanted, statuses, message, target, outcome, direct: wanted.statuses })
  }
  for (const [key, extra] of got)
    if (!expected.has(key)) compared.push({ ...extra, target, outcome: good(extra) ? 'gained' : 'different' })
  return compared
}

export interface Comparison {
  readonly checks: readonly Compared[]
  /** Targets that did not start or broke down: nothing is known of their checks. */
  readonly broken: readonly { readonly target: Target; readonly message: string }[]
}

/**
 * @param targets The direct run is always made, because the others mean nothing without it.
 * @param log For people: progress, and each difference as it is found.
 * @throws When the direct run cannot be made.
 */
export async function compareTargets(targets: readonly Target[], log: (line: string) => void): Promise<Comparison> {
  const sets = await Promise.all(REVISIONS.map(listScenarios))
  const direct = await runTarget('direct', sets)
  const checks: Compared[] = []
  const broken: { target: Target; message: string }[] = []
  for (const target of TARGETS.filter((name) => name === 'direct' || targets.includes(name))) {
    try {
      const compared = compare(direct, target, target === 'direct' ? direct : await runTarget(target, sets))
      for (const check of compared) if (!['same', 'skipped'].includes(check.outcome)) log(describe(check))
      const same = compared.filter(({ outcome }) => outcome === 'same').length
      log(`${target}: ${same} of ${compared.length} checks are as they should be`)
      checks.push(...compared)
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      log(`${target}: ${message}`)
      broken.push({ target, message })
    }
  }
  return { checks, broken }
}

function runTarget(target: Target, sets: readonly (readonly Scenario[])[]): Promise<ScenarioResult[]> {
  return withTarget(target, async (url) => {
    const found: ScenarioResult[] = []
    // One after the other: scenarios measure how soon a notice arrives, and two suites on two cores disturb each other.
    for (const scenarios of sets) found.push(...(await runOfficial(url, scenarios)))
    return found
  })
}

export function describe(check: Compared): string {
  const { target, revision, scenario, id, name, outcome, direct, statuses, message } = check
  const change = direct ? `${direct.join()} → ${statuses.join() || 'nothing'}` : statuses.join()
  return `${target} ${revision} ${scenario} ${id} (${name}) ${outcome}: ${change}${message ? `: ${message}` : ''}`
}
