import { didYouMean } from '../config/suggest.ts'
import { tame } from '../text/index.ts'
import { faultOfAccess } from './access.ts'
import { type ParsedArguments, readArguments, requireArguments, splitLeading } from './arguments.ts'
import {
  type Command,
  ConfigRefused,
  type Context,
  type Entry,
  type ExitCode,
  Failure,
  type Group,
  type Streams,
  UsageError,
} from './command.ts'
import { COMMANDS } from './commands.ts'
import { helpOfCommand, helpOfGroup } from './help.ts'
import { unlessSecret, withoutSecrets } from './shown.ts'

const PROGRAM = 'portcullis'
const SUMMARY = 'Portcullis, the gate in front of MCP servers.'

/**
 * Runs the command that the arguments name.
 *
 * @param argv Without the program: `process.argv.slice(2)`.
 * @returns The exit code; every message has been written by then. Never throws.
 */
export async function runCommand(
  argv: readonly string[],
  streams: Streams = standardStreams(),
  commands: readonly Entry[] = COMMANDS,
): Promise<ExitCode> {
  try {
    const { leading } = splitLeading(argv)
    return await dispatch(leading.includes('--version') ? ['version'] : argv, streams, commands)
  } catch (error) {
    return await explain(error, streams)
  }
}

/**
 * Finds the command, level by level. `args` begins with a command's name, if one was given at all; `help keys` and
 * `keys help` are `keys --help`.
 */
async function dispatch(args: readonly string[], streams: Streams, commands: readonly Entry[]): Promise<ExitCode> {
  const path = [PROGRAM]
  let entries = commands
  let summary = SUMMARY
  let rest = args
  for (;;) {
    const [name, ...further] = toFront(rest)
    if (name === 'help') {
      rest = [...further.filter((word) => word !== '--help' && word !== '-h'), '--help']
      continue
    }
    if (name === undefined || name.startsWith('-')) return withoutCommand(path, summary, entries, rest, streams)
    const entry = entries.find((each) => each.name === name)
    if (entry === undefined) {
      const known = entries.map((each) => each.name)
      const hint = didYouMean(name, known) || `; "${path.join(' ')} --help" lists those that there are`
      const shown = unlessSecret(name, `"${[...path.slice(1), name].join(' ')}"`)
      throw new UsageError(`unknown command ${shown}${hint}`)
    }
    path.push(name)
    const loaded = await entry.load()
    if (!isGroup(loaded)) return runOne(path, entry.summary, loaded, further, streams)
    entries = loaded.commands
    summary = entry.summary
    rest = further
  }
}

/** The next command's name first, in front of the options that were written before it. */
function toFront(args: readonly string[]): readonly string[] {
  const { leading, rest } = splitLeading(args)
  return [...rest.slice(0, 1), ...leading, ...rest.slice(1)]
}

function withoutCommand(
  path: readonly string[],
  summary: string,
  entries: readonly Entry[],
  args: readonly string[],
  streams: Streams,
): ExitCode {
  const { values } = readArguments(args, {})
  const help = helpOfGroup(path, summary, entries)
  if (values.help) {
    streams.stdout(help)
    return 0
  }
  streams.stderr(help)
  return 2
}

async function runOne(
  path: readonly string[],
  summary: string,
  command: Command,
  args: readonly string[],
  streams: Streams,
): Promise<ExitCode> {
  try {
    const parsed = readArguments(args, command.options)
    if (parsed.values.help) {
      streams.stdout(helpOfCommand(path, summary, command))
      return 0
    }
    if (parsed.values.config !== undefined && command.ownConfig !== undefined) throw new UsageError(command.ownConfig)
    requireArguments(parsed, command.options, command.positionals, command.usage)
    return await command.run(contextOf(parsed, streams))
  } catch (error) {
    if (error instanceof UsageError) error.message = `${path.slice(1).join(' ')}: ${error.message}`
    throw error
  }
}

function isGroup(loaded: Command | Group): loaded is Group {
  return 'commands' in loaded
}

function contextOf({ values, positionals }: ParsedArguments, streams: Streams): Context {
  const configFile = String(values.config ?? (streams.env.PORTCULLIS_CONFIG || 'portcullis.yaml'))
  const json = values.json === true
  return {
    env: streams.env,
    get stdin() {
      return streams.stdin
    },
    stdout: streams.stdout,
    stderr: streams.stderr,
    isWatched: streams.isWatched ?? false,
    values: values as Context['values'],
    positionals,
    json,
    configFile,
    answer: (result, text) => streams.stdout(`${json ? tame(JSON.stringify(result)) : text}\n`),
    async settings(use = 'state') {
      const { loadConfig } = await import('../config/index.ts')
      const { settings, problems } = loadConfig(configFile, streams.env, use)
      if (problems !== undefined) throw new ConfigRefused(configFile, problems)
      return settings
    },
  }
}

/** Says on stderr why a command came to nothing. Only what nobody has foreseen is shown with where it happened. */
async function explain(error: unknown, { stderr }: Streams): Promise<ExitCode> {
  if (error instanceof UsageError) {
    stderr(`${PROGRAM}: ${withoutSecrets(error.message)}\n`)
    return 2
  }
  if (error instanceof ConfigRefused) {
    const { formatProblem } = await import('../config/index.ts')
    for (const problem of error.problems) stderr(`${formatProblem(error.file, problem)}\n`)
    return 1
  }
  const message = error instanceof Failure ? error.message : faultOfAccess(error)
  if (message !== undefined) stderr(`${PROGRAM}: ${withoutSecrets(message)}\n`)
  else stderr(`${PROGRAM}: unexpected: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
  return 1
}

function standardStreams(): Streams {
  // Whoever reads us may stop early, as `head` does, and a terminal may be closed; that is no fault.
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE' && error.code !== 'EIO') throw error
    })
  }
  return {
    env: process.env,
    // Opened when a command reads it: an open standard input could keep the process from ending.
    get stdin() {
      return process.stdin
    },
    stdout: (text) => void process.stdout.write(text),
    stderr: (text) => void process.stderr.write(text),
    isWatched: process.stderr.isTTY === true,
  }
}
