import type { Readable } from 'node:stream'
import type { Problem, Settings, Use } from '../config/index.ts'

/** 0 done, 1 refused or failed, 2 used wrongly. */
export type ExitCode = 0 | 1 | 2

/** One option, as `node:util` parseArgs takes it, and what `--help` says of it. */
export interface Option {
  readonly type: 'string' | 'boolean'
  readonly short?: string
  readonly multiple?: boolean
  readonly required?: boolean
  /** What stands for the value in the help text; `VALUE` unless said. */
  readonly value?: string
  readonly help: string
}

export type Options = Readonly<Record<string, Option>>

/** What the options of a command hold once parsed. */
export type Values<Given extends Options> = {
  readonly [Name in keyof Given]: Given[Name]['required'] extends true
    ? ValueOf<Given[Name]>
    : ValueOf<Given[Name]> | undefined
}
type ValueOf<Each extends Option> = Each['type'] extends 'boolean'
  ? boolean
  : Each['multiple'] extends true
    ? readonly string[]
    : string

/** What a command is given. All that it reads and writes goes through here, so that a test can hold the other end. */
export interface Context<Given extends Options = Options> extends Streams {
  readonly values: Values<Given>
  /** As many as the command's `positionals` ask for. */
  readonly positionals: readonly string[]
  /** Whether the answer is to be JSON. */
  readonly json: boolean
  /** The configuration file that this call speaks of, whether or not it exists. */
  readonly configFile: string
  /** The one answer of a command, on stdout: the object as one line with `--json`, the text otherwise. */
  answer(result: object, text: string): void
  /**
   * Reads the configuration.
   * @param use What for, `state` unless said: a command that starts no gate needs nothing of what upstreams need.
   * @throws {ConfigRefused} with every problem; the frame prints them.
   */
  settings(use?: Use): Promise<Settings>
}

export interface Streams {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly stdin: Readable
  /** Writes text as it is; a line brings its own end. */
  stdout(text: string): void
  stderr(text: string): void
  /** Whether somebody is reading what stderr is told, as far as can be known. */
  readonly isWatched?: boolean
}

export interface Command<Given extends Options = Options> {
  /** What follows the command's name, as in `--server NAME [--scopes A,B]`; empty when nothing does. */
  readonly usage: string
  /** Further lines of `--help`: what one should know before one runs it. */
  readonly about?: string
  readonly options: Given
  /** Of a command with a configuration of its own: what is said to whoever names another by `--config`. */
  readonly ownConfig?: string
  /** Least and most arguments that are not options. Default: none. */
  readonly positionals?: readonly [least: number, most: number]
  run(context: Context<Given>): Promise<ExitCode>
}

/** A command made of commands, such as `keys create` and `keys list`. */
export interface Group {
  readonly commands: readonly Entry[]
}

/** A row of the table. The module behind it is loaded when the command is called, and not before. */
export interface Entry {
  readonly name: string
  readonly summary: string
  load(): Promise<Command | Group>
}

/** Lets TypeScript work out from the options what `run` finds in `values`. */
export function defineCommand<const Given extends Options>(command: Command<Given>): Command {
  return command as unknown as Command
}

/** The command was called in a way that it does not understand: exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** The command was understood, and could not be done: exit code 1. The message is for the operator. */
export class Failure extends Error {
  override readonly name = 'Failure'
}

/** The configuration has problems: exit code 1. */
export class ConfigRefused extends Error {
  override readonly name = 'ConfigRefused'
  readonly file: string
  readonly problems: readonly Problem[]
  constructor(file: string, problems: readonly Problem[]) {
    super(`${file} has ${problems.length} problem${problems.length === 1 ? '' : 's'}`)
    this.file = file
    this.problems = problems
  }
}
