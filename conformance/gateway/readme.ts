import { LEGACY, listScenarios, MODERN, type Row } from './harness/suite.ts'

const BEGIN = '<!-- scenarios: written by main.ts --write -->'
const END = '<!-- /scenarios -->'

/** The text of the README with the table of these files' scenarios in its place. */
export async function withTable(readme: string, files: readonly string[]): Promise<string> {
  const rows = await scenariosOf(files)
  const [before = '', rest = ''] = readme.split(BEGIN)
  const [, after = ''] = rest.split(END)
  return `${before}${BEGIN}\n${tablesOf(rows)}\n${END}${after}`
}

let known: Promise<readonly Row[]> | undefined

/** Files can be listed once per process. */
function scenariosOf(files: readonly string[]): Promise<readonly Row[]> {
  known ??= listScenarios(files)
  return known
}

function tablesOf(rows: readonly Row[]): string {
  const topics = [...new Set(rows.map(({ topic }) => topic))]
  return topics
    .map((topic) => {
      const lines = rows.filter((row) => row.topic === topic).map(lineOf)
      return `\n## ${topic}\n\n| Scenario | Revision | Asked for by |\n| --- | --- | --- |\n${lines.join('\n')}\n`
    })
    .join('')
}

function lineOf({ title, on, for: asked }: Row): string {
  return `| ${escaped(title)} | ${revisionsOf(on)} | ${escaped(asked)} |`
}

function revisionsOf(on: Row['on']): string {
  if (on === undefined) return 'any'
  if (on.length === LEGACY.length && LEGACY.every((revision) => on.includes(revision))) return 'all with sessions'
  if (on.length === LEGACY.length + 1) return 'all'
  return on.length === 1 && on[0] === MODERN ? MODERN : on.join(', ')
}

function escaped(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('<', '\\<')
}
