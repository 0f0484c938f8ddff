import type { Goal, Result } from './result.ts'

/** One line per result, and under it the figures of its peers. */
export function toTable(results: readonly Result[]): string {
  return results.flatMap((result) => [headline(result), ...peerLines(result)]).join('\n')
}

function headline(result: Result): string {
  const { id, median, unit, goal } = result
  if (result.failure !== undefined) return `✗ ${id}: ${result.failure}`
  if (result.skipped !== undefined) return `– ${id}: skipped, ${result.skipped}`
  const mark = result.disturbed !== undefined ? '?' : result.met === null ? ' ' : result.met ? '✓' : '✗'
  return `${mark} ${id.padEnd(28)} ${String(median).padStart(8)} ${unit}${goal === null ? '' : `   ${describe(goal, result)}`}`
}

/** What was asked and what came of it, in words. */
export function describe(goal: Goal, { ratios, unit }: Result): string {
  if ('max' in goal) return `at most ${goal.max} ${unit}`
  if (!('peer' in goal)) return `at least ${goal.min} ${unit}`
  return `${ratios[goal.peer] ?? 'not measured'} × ${goal.peer}, at least ${goal.min}`
}

function peerLines({ peers = {}, ratios }: Result): string[] {
  return Object.entries(peers).map(([name, { perSecond, p50Ms, p99Ms, cpuMicroseconds, foreign }]) => {
    const figures = `${perSecond}/s  p50 ${p50Ms} ms  p99 ${p99Ms} ms  ${cpuMicroseconds} µs CPU/call`
    const disturbed = foreign > 0.1 ? `  disturbed: others took ${Math.round(foreign * 100)} % of a core` : ''
    return `    ${name.padEnd(14)} ${figures}${ratios[name] === undefined ? '' : `  ratio ${ratios[name]}`}${disturbed}`
  })
}
