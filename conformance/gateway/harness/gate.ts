import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { childrenOf, end, type Finished, freePort, keep, ROOT, runProgram, until } from './processes.ts'

export const PROGRAM = join(ROOT, 'packages/gateway/bin/portcullis.mjs')
const START_MS = 20_000

/** What stands in `portcullis.yaml`; JSON is YAML. */
export type Config = { servers: Record<string, unknown>; [key: string]: unknown }

export interface Issued {
  readonly id: string
  readonly key: string
  readonly client: string
}

export interface Started {
  readonly ready: true
  readonly url: string
  readonly servers: Readonly<Record<string, { readonly mcp: string }>>
  readonly apiKey: string | null
  readonly admin: { readonly url: string; readonly setupToken: string } | null
}

export interface StartOptions {
  /** Where the configuration and the state lie. Default: a new directory. */
  readonly directory?: string
  /** A program that starts the gate, such as a shell with a limit: `[command, ...args]` in front of it. */
  readonly through?: readonly string[]
  /** Default true. A gate whose log nobody reads has a full pipe after a while. */
  readonly readsLog?: boolean
  readonly env?: NodeJS.ProcessEnv
  /** In place of `serve --config FILE --json`. */
  readonly args?: readonly string[]
  /** In place of the pinned node and our program. */
  readonly command?: readonly string[]
  /** Leads a process group of its own, as what is started from a terminal does. */
  readonly isGroup?: boolean
  /** Has a standard input that a scenario writes to. */
  readonly hasInput?: boolean
  /** Default true. False for one that speaks to people. */
  readonly saysReady?: boolean
}

/** A gate that runs: the program that an operator starts, as a process of its own. */
export class Gate {
  readonly directory: string
  readonly configFile: string
  readonly #launcher: ChildProcess
  readonly #stdout: () => string
  readonly #log: () => string

  constructor(directory: string, launcher: ChildProcess, stdout: () => string, log: () => string) {
    this.directory = directory
    this.configFile = join(directory, 'portcullis.yaml')
    this.#launcher = launcher
    this.#stdout = stdout
    this.#log = log
  }

  /** What it said when it was ready. */
  get ready(): Started {
    return JSON.parse(this.stdout.slice(0, this.stdout.indexOf('\n'))) as Started
  }

  get url(): string {
    return this.ready.url
  }

  get port(): number {
    return Number(new URL(this.url).port)
  }

  /** Its configuration, as this suite has written it. */
  get config(): Config {
    return JSON.parse(readFileSync(this.configFile, 'utf8')) as Config
  }

  /** All that it has written to stdout. */
  get stdout(): string {
    return this.#stdout()
  }

  /** All that it has written to stderr. */
  get log(): string {
    return this.#log()
  }

  /** Lines of the log, as objects. */
  get logLines(): Record<string, unknown>[] {
    return this.log
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as Record<string, unknown>)
  }

  /** The process that serves; the launcher only waits for it. */
  get pid(): number {
    const [pid] = childrenOf(this.#launcher.pid as number)
    assert.ok(pid !== undefined, 'the gate runs')
    return pid
  }

  get launcher(): ChildProcess {
    return this.#launcher
  }

  /** Programs that serve over stdio for this gate. */
  get programs(): number[] {
    return childrenOf(this.pid)
  }

  mcp(server: string): string {
    return `${this.url}/${server}/mcp`
  }

  /** A command of the operator's, on this gate's configuration. */
  command(...args: readonly string[]): Promise<Finished> {
    return portcullis([...args, '--config', this.configFile])
  }

  /** The same, answered in JSON. @throws when it fails. */
  async ask<T = Record<string, unknown>>(...args: readonly string[]): Promise<T> {
    const { code, stdout, stderr } = await this.command(...args, '--json')
    assert.equal(code, 0, `portcullis ${args.join(' ')}: ${stderr}`)
    return JSON.parse(stdout) as T
  }

  key(server: string, ...options: readonly string[]): Promise<Issued> {
    return this.ask<Issued>('keys', 'create', '--server', server, '--name', 'test', ...options)
  }

  /** A secret URL: its id, and its path's last part. */
  async secret(server: string, ...options: readonly string[]): Promise<{ id: string; url: string; secret: string }> {
    const made = await this.ask<{ id: string; url: string }>(
      'urls',
      'create',
      '--server',
      server,
      '--name',
      'test',
      ...options,
    )
    return { ...made, secret: made.url.slice(made.url.lastIndexOf('/') + 1) }
  }

  /** What is on record, newest first. */
  async audit(...filter: readonly string[]): Promise<Record<string, unknown>[]> {
    const { events } = await this.ask<{ events: Record<string, unknown>[] }>('audit', 'query', ...filter)
    return events
  }

  /** Asks it to end, and waits until it has. @throws when it had ended by itself. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
    const { exitCode, signalCode } = this.#launcher
    assert.deepEqual({ exitCode, signalCode }, { exitCode: null, signalCode: null }, this.log.slice(-4000))
    await end(this.#launcher, signal)
    return { code: this.#launcher.exitCode, signal: this.#launcher.signalCode }
  }

  /** Ends it as a power failure would. */
  async kill(): Promise<void> {
    const gone = once(this.#launcher, 'exit')
    process.kill(this.pid, 'SIGKILL')
    await gone
  }
}

const directories: string[] = []

/** A directory that goes with this process. */
export function givenDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'portcullis-gate-'))
  directories.push(directory)
  return directory
}

const launchers: ChildProcess[] = []

process.on('exit', () => {
  // What a scenario that failed has left running.
  for (const child of launchers) if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM')
  for (const directory of directories) rmSync(directory, { recursive: true, force: true })
})

/** Writes a configuration with a port of its own, and its state in `state/`. */
export async function givenConfig(config: Config, directory = givenDirectory()): Promise<string> {
  const { listen, ...rest } = config
  const port = await freePort()
  const whole = { listen: { host: '127.0.0.1', port, ...(listen as object) }, store: 'sqlite:./state/gate.db', ...rest }
  writeFileSync(join(directory, 'portcullis.yaml'), JSON.stringify(whole, null, 2))
  return directory
}

/** Starts a gate on a new configuration, and waits until it says that it is ready. */
export async function startGate(config: Config, options: StartOptions = {}): Promise<Gate> {
  return launch(await givenConfig(config, options.directory), options)
}

/** Starts a gate on the configuration in a directory. @throws with its log when it does not come up. */
export async function launch(directory: string, options: StartOptions = {}): Promise<Gate> {
  const { through = [], readsLog = true, env = process.env, isGroup = false, saysReady = true } = options
  const input = options.hasInput ? 'pipe' : 'ignore'
  const args = options.args ?? ['serve', '--config', join(directory, 'portcullis.yaml'), '--json']
  const whole = [...through, ...(options.command ?? [process.execPath, PROGRAM, ...args])]
  const [command, ...rest] = whole as [string, ...string[]]
  const child = spawn(command, rest, { cwd: ROOT, env, detached: isGroup, stdio: [input, 'pipe', 'pipe'] })
  launchers.push(child)
  // A scenario that failed and left its gate behind must not keep the whole suite from ending.
  child.unref()
  for (const stream of [child.stdout, child.stderr, child.stdin]) (stream as Socket | null)?.unref()
  const stdout = keep(child.stdout as Readable)
  const log = readsLog ? keep(child.stderr as Readable) : () => ''
  const gate = new Gate(directory, child, stdout, log)
  if (saysReady) await readiness(gate)
  return gate
}

async function readiness(gate: Gate): Promise<void> {
  const { launcher } = gate
  try {
    await until(
      'the gate says that it is ready',
      () => {
        if (launcher.exitCode !== null || launcher.signalCode !== null) throw new Error(`it did not start: ${gate.log}`)
        return gate.stdout.includes('\n')
      },
      START_MS,
    )
  } catch (error) {
    await end(launcher, 'SIGKILL')
    throw error
  }
}

/** Any command, as somebody types it. */
export function portcullis(args: readonly string[], env: NodeJS.ProcessEnv = process.env): Promise<Finished> {
  return runProgram(process.execPath, [PROGRAM, ...args], { env })
}

/** Every file below a directory. */
export function filesBelow(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
}
