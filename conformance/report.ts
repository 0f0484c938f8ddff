import { type Compared, type Comparison, describe } from './compare.ts'
import { TARGETS } from './targets.ts'

/** The table of scenarios and targets, in Markdown. Times and versions are left out, so that it changes only when a result does. */
export function writeReport({ checks: compared, broken }: Comparison): string {
  const targets = TARGETS.filter((target) => compared.some((check) => check.target === target))
  const lines = [
    '# Results of the official suite',
    '',
    'Written by `npm run conformance -- --write`. A cell counts the checks with the result they should have: success for',
    '`direct`, the same as `direct` for the others. `+n` are checks that a target has beyond those of `direct`, and passes.',
  ]
  for (const revision of new Set(compared.map((check) => check.revision))) {
    const rows = [['Scenario', 'Counts', ...targets]]
    const ours = compared.filter((check) => check.revision === revision)
    for (const scenario of new Set(ours.map((check) => check.scenario))) {
      const checks = ours.filter((check) => check.scenario === scenario)
      const cells = targets.map((target) => cell(checks.filter((check) => check.target === target)))
      rows.push([`\`${scenario}\``, checks[0]?.unscored ?? 'yes', ...cells])
    }
    lines.push('', `## ${revision}`, '', ...table(rows))
  }
  const differences = compared.filter(({ outcome }) => outcome === 'different' || outcome === 'failed')
  const told = [
    ...broken.map(({ target, message }) => `${target} did not run: ${message}`),
    ...differences.map(describe),
  ]
  lines.push('', '## Differences', '', ...(told.length > 0 ? told.map((line) => `- ${line}`) : ['None.']))
  const excused = compared.filter(
    ({ outcome, direct, statuses }) => outcome === 'skipped' && direct && !statuses.length,
  )
  if (excused.length > 0) lines.push('', '## Not applicable', '', ...excused.map((check) => `- ${describe(check)}`))
  return `${lines.join('\n')}\n`
}

/** Columns are padded, so that the page reads well as it is and a formatter leaves it alone. */
function table(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  const line = (row: readonly string[]) =>
    `| ${row.map((text, column) => text.padEnd(widths[column] ?? 0)).join(' | ')} |`
  const [head = [], ...body] = rows
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...body.map(line)]
}

function cell(checks: readonly Compared[]): string {
  const count = (outcome: Compared['outcome']) => checks.filter((check) => check.outcome === outcome).length
  const [same, gained, passedOver] = [count('same'), count('gained'), count('skipped')]
  const wanted = checks.length - gained - passedOver
  if (wanted === 0 && gained === 0) return passedOver ? 'skipped' : '–'
  return `${same}/${wanted}${gained ? ` +${gained}` : ''}`
}
