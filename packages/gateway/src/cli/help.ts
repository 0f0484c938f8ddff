import { COMMON_OPTIONS } from './arguments.ts'
import type { Command, Entry, Option, Options } from './command.ts'

/** @param path The words that lead to the command, the program's own name first. */
export function helpOfGroup(path: readonly string[], summary: string, commands: readonly Entry[]): string {
  return [
    summary,
    '',
    `Usage: ${path.join(' ')} COMMAND [OPTIONS]`,
    '',
    'Commands:',
    ...columns(commands.map(({ name, summary: each }) => [name, each])),
    '',
    'Options of every command:',
    ...columns(Object.entries(COMMON_OPTIONS).map(describeOption)),
    '',
    `"${path.join(' ')} COMMAND --help" tells more of each.`,
    '',
  ].join('\n')
}

export function helpOfCommand(path: readonly string[], summary: string, command: Command): string {
  const usage = [...path, command.usage].filter((word) => word !== '').join(' ')
  const { config, ...others } = COMMON_OPTIONS
  const common: Options = command.ownConfig === undefined ? { config, ...others } : others
  const options: Options = { ...command.options, ...common }
  return [
    summary,
    '',
    `Usage: ${usage}`,
    '',
    ...(command.about === undefined ? [] : [command.about, '']),
    'Options:',
    ...columns(Object.entries(options).map(describeOption)),
    '',
  ].join('\n')
}

function describeOption([name, { type, short, value = 'VALUE', required, help }]: [string, Option]): [string, string] {
  const spelled = type === 'boolean' ? `--${name}` : `--${name} ${value}`
  return [short === undefined ? spelled : `-${short}, ${spelled}`, required ? `${help} (required)` : help]
}

/** What is wider has what is said of it on a line below, and moves no other. */
const MOST = 28

function columns(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([left]) => left.length).filter((length) => length <= MOST))
  return rows.flatMap(([left, right]) =>
    left.length <= width ? [`  ${left.padEnd(width)}  ${right}`] : [`  ${left}`, `  ${''.padEnd(width)}  ${right}`],
  )
}
