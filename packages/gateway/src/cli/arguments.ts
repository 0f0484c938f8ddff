import { parseArgs } from 'node:util'
import { didYouMean } from '../config/suggest.ts'
import { type Option, type Options, UsageError } from './command.ts'
import { unlessSecret } from './shown.ts'

/** What every command takes. */
export const COMMON_OPTIONS = {
  config: {
    type: 'string',
    value: 'FILE',
    help: 'Configuration file. Default: $PORTCULLIS_CONFIG, else ./portcullis.yaml',
  },
  json: { type: 'boolean', help: 'Answer in JSON, on one line of stdout' },
  help: { type: 'boolean', short: 'h', help: 'Print this help' },
} as const satisfies Options

/**
 * Parts the common options that stand before a command from the rest, so that `--json check` and `check --json`
 * mean the same.
 *
 * @returns The words from the command's name on, and the options that stood before it.
 */
export function splitLeading(argv: readonly string[]): { leading: readonly string[]; rest: readonly string[] } {
  let at = 0
  while (at < argv.length && argv[at]?.startsWith('-') && argv[at] !== '--') {
    at += argv[at] === '--config' ? 2 : 1
  }
  return { leading: argv.slice(0, at), rest: argv.slice(at) }
}

export interface ParsedArguments {
  readonly values: Readonly<Record<string, string | boolean | readonly string[] | undefined>>
  readonly positionals: readonly string[]
}

/**
 * Reads the arguments of one command. `parseArgs` does the splitting; what is wrong is said here, in one line each.
 * An option that stands twice is refused unless it may: with the last one winning, the first would be believed.
 *
 * @throws {UsageError} for the first thing that is wrong.
 */
export function readArguments(args: readonly string[], own: Options): ParsedArguments {
  const options: Options = { ...own, ...COMMON_OPTIONS }
  const { values, positionals, tokens } = parseArgs({
    args: withIds(args, options),
    options: Object.fromEntries(Object.entries(options).map(([name, option]) => [name, forParser(option)])),
    strict: false,
    allowPositionals: true,
    tokens: true,
  })
  const seen = new Set<string>()
  for (const token of tokens) {
    if (token.kind !== 'option') continue
    const option = Object.hasOwn(options, token.name) ? options[token.name] : undefined
    if (option === undefined) {
      const known = Object.keys(options).map((name) => `--${name}`)
      const shown = unlessSecret(token.rawName, token.rawName)
      throw new UsageError(`unknown option ${shown}${didYouMean(token.rawName, known)}`)
    }
    if (option.type === 'boolean' && token.value !== undefined) {
      throw new UsageError(`option --${token.name} takes no value`)
    }
    // `--config --json` forgot a value; who means a value with a hyphen writes `--config=--json`.
    if (option.type === 'string' && (token.value === undefined || (!token.inlineValue && /^-./.test(token.value)))) {
      throw new UsageError(`option --${token.name} needs a value: --${token.name} ${option.value ?? 'VALUE'}`)
    }
    if (seen.has(token.name) && !option.multiple) throw new UsageError(`option --${token.name} stands twice`)
    seen.add(token.name)
  }
  return { values: values as ParsedArguments['values'], positionals }
}

/** Apart from reading, since `--help` is answered whatever else is missing. @throws {UsageError} */
export function requireArguments(
  { values, positionals }: ParsedArguments,
  options: Options,
  [least, most]: readonly [number, number] = [0, 0],
  usage = '',
): void {
  for (const [name, option] of Object.entries(options)) {
    if (option.required && values[name] === undefined) {
      throw new UsageError(`option --${name} is missing: --${name} ${option.value ?? 'VALUE'}`)
    }
  }
  expectNone(positionals.slice(most))
  if (positionals.length < least) throw new UsageError(`an argument is missing: ${usage}`)
}

/** @throws {UsageError} for the first that is there. */
export function expectNone([extra]: readonly string[]): void {
  if (extra !== undefined) throw new UsageError(`unexpected argument ${unlessSecret(extra, `"${extra}"`)}`)
}

function forParser({ type, short, multiple = false }: Option) {
  return { type, multiple, ...(short !== undefined && { short }) }
}

/** Ids of ours are base64url: one in 64 begins with a hyphen, and is no option for that. A secret is never one. */
const ID = /^-(?!.*pcl[su]_)[A-Za-z0-9_-]{20,}$/

/** Puts such ids where the parser takes them for what they are: joined to their option, or behind `--`. */
function withIds(args: readonly string[], options: Options): string[] {
  const end = args.indexOf('--')
  const before = end === -1 ? args : args.slice(0, end)
  const [kept, ids]: [string[], string[]] = [[], []]
  for (const arg of before) {
    const isId = ID.test(arg) && !Object.hasOwn(options, arg.slice(2).split('=')[0] ?? '')
    const last = kept[kept.length - 1] ?? ''
    const takesValue = last.startsWith('--') && options[last.slice(2)]?.type === 'string'
    if (!isId) kept.push(arg)
    else if (takesValue) kept[kept.length - 1] = `${last}=${arg}`
    else ids.push(arg)
  }
  const behind = [...ids, ...(end === -1 ? [] : args.slice(end + 1))]
  return behind.length === 0 ? kept : [...kept, '--', ...behind]
}
