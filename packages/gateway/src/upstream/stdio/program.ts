import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { withoutOwnPrograms } from '../../programs/index.ts'
import { detailOf, type EndReason, endFor, reportEnd } from './end-reason.ts'
import { leadsGroup, signalGroup, sweepGroup, watchGroup } from './group.ts'
import { Inlet } from './inlet.ts'
import { LineLog } from './line-log.ts'
import { LineCutter } from './lines.ts'
import type { Settings } from './options.ts'

/** What a child may know of the gate's own environment. */
const INHERITED = process.platform === 'win32' ? ['PATH', 'SystemRoot'] : ['PATH', 'HOME', 'LANG', 'TMPDIR']
const MAX_STDERR_LINE = 4096
/** For each of: reading the end of stdin, heeding SIGTERM, being gone after SIGKILL. */
const GRACE_MS = 1000
/** What a child wrote before it exited is still read, unless a process it left behind keeps the pipe open. */
const LINGER_MS = 500

/** Who listens to a program. */
export interface ProgramEars {
  /** The bytes are valid during the call only. */
  line(bytes: Buffer): void
  /** A line was longer than the bound. */
  excess(): void
  /** Once, after the last line. */
  gone(departure: Departure): void
}

/** How a program has gone: it exited, or was ended, or could not be started at all. */
export interface Departure {
  readonly detail: string
  /** Whether there ever was a process. */
  readonly ran: boolean
  /** Where nobody here had asked it to go, which is then not in the log yet. */
  readonly byItself?: { readonly code: number | null; readonly signal: NodeJS.Signals | null }
}

/** One process: lines in, lines out, its stderr in the log, and an end that takes its descendants along. */
export class Program {
  readonly #child: ChildProcessWithoutNullStreams
  readonly #inlet: Inlet
  readonly #ears: ProgramEars
  readonly #holders = new Set<object>()
  readonly #departed = Promise.withResolvers<void>()
  #isHeard = true
  #isGone = false
  #isExited = false
  #wasKilled = false
  #reason: EndReason | undefined
  #ending: Promise<void> | undefined

  /**
   * Starts it. That the command does not exist or may not be run is heard as `gone`, later.
   *
   * @throws where the system has no process or pipe left to give.
   */
  constructor(settings: Settings, ears: ProgramEars) {
    const { command, args, cwd, maxLineBytes, maxQueuedBytes } = settings
    this.#ears = ears
    this.#child = spawn(command, [...args], {
      env: environment(settings.env),
      cwd,
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: leadsGroup,
      windowsHide: true,
    })
    this.#followProcess(settings)
    this.#inlet = new Inlet(this.#child.stdin, maxQueuedBytes, () => this.#kill())
    const out = new LineCutter(
      maxLineBytes,
      (line) => this.#isHeard && ears.line(line),
      () => this.#isHeard && ears.excess(),
    )
    this.#child.stdout.on('data', (chunk: Buffer) => out.push(chunk))
    this.#child.stdout.on('error', () => this.#kill())
    // It has closed its stdout: it will never answer again, even where it lives on.
    this.#child.stdout.on('end', () => setTimeout(() => this.#kill(), LINGER_MS).unref())
    this.#child.stderr.on('error', () => {})
    this.#logStderr(settings)
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  /** @returns false when the child does not read what was said before. */
  say(line: string): boolean {
    return this.#inlet.write(line)
  }

  /** Stops reading what the child writes until every holder has let go: the child then waits in its turn. */
  hold(holder: object): void {
    this.#holders.add(holder)
    this.#child.stdout.pause()
  }

  letGo(holder: object): void {
    if (this.#holders.delete(holder) && this.#holders.size === 0) this.#child.stdout.resume()
  }

  /**
   * Closes stdin, waits, asks (SIGTERM), waits, ends it (SIGKILL). Resolves when it and its descendants are gone.
   *
   * @param reason For the log. The first one counts.
   */
  end(reason: EndReason): Promise<void> {
    this.#reason ??= reason
    this.#ending ??= this.#end()
    return this.#ending
  }

  /** At once, and whatever it still says is not heard. */
  condemn(reason: EndReason): void {
    this.#reason ??= reason
    this.#isHeard = false
    this.#kill()
  }

  /** At once, descendants included. */
  #kill(): void {
    this.#wasKilled = true
    if (!this.#isExited && this.pid !== undefined) signalGroup(this.pid, 'SIGKILL')
  }

  async #end(): Promise<void> {
    this.#inlet.end()
    // Nobody waits for its words any more, and a child that is stuck writing could not see its stdin end.
    for (const holder of this.#holders) this.letGo(holder)
    const steps = [() => this.pid !== undefined && signalGroup(this.pid, 'SIGTERM'), () => this.#kill()]
    const timers = steps.map((step, index) => setTimeout(() => this.#isExited || step(), GRACE_MS * (index + 1)))
    await this.#departed.promise
    for (const timer of timers) clearTimeout(timer)
  }

  #logStderr({ name, log, now }: Settings): void {
    const lines = new LineLog(log, 'info', 'stderr of a stdio server', { server: name, pid: this.pid }, now)
    const err = new LineCutter(
      MAX_STDERR_LINE,
      (line) => lines.line(line),
      (beginning) => lines.line(beginning),
    )
    this.#child.stderr.on('data', (chunk: Buffer) => err.push(chunk))
    this.#child.stderr.on('close', () => {
      // A last cry often lacks its newline.
      err.end()
      lines.flush()
    })
  }

  #followProcess(settings: Settings): void {
    const { name, log, command } = settings
    const child = this.#child
    child.on('spawn', () => {
      if (child.pid !== undefined) watchGroup(child.pid)
      log('info', 'stdio server started', { server: name, pid: child.pid, command })
    })
    child.on('error', (error: NodeJS.ErrnoException) => {
      if (child.pid !== undefined) return
      const why = error.code ?? error.message
      const fields = { server: name, command, reason: 'start_failed' satisfies EndReason, error: why }
      log('error', 'stdio server could not be started', fields)
      this.#depart({ detail: `could not be started: ${why}`, ran: false })
      this.#departed.resolve()
    })
    child.on('exit', (code, signal) => {
      this.#isExited = true
      const detail = detailOf({ code, signal })
      const reason = this.#reason ?? (this.#wasKilled && signal === 'SIGKILL' ? 'pipe_closed' : undefined)
      if (reason !== undefined) reportEnd(settings, child.pid, endFor(reason, detail))
      this.#linger()
      const byItself = reason === undefined ? { byItself: { code, signal } } : {}
      const closed = new Promise<void>((resolve) => {
        child.on('close', () => {
          this.#depart({ detail, ran: true, ...byItself })
          resolve()
        })
      })
      if (child.pid === undefined) return
      // Both: whoever waited for its words has been told that no more will come, and nothing of it runs.
      Promise.all([closed, sweepGroup(child.pid, this.#wasKilled ? 0 : GRACE_MS)]).then(() => this.#departed.resolve())
    })
  }

  /** Reads what is left; a caller who is slow to take it is waited for, which its own bound ends. */
  #linger(): void {
    setTimeout(() => {
      if (this.#holders.size > 0) return this.#linger()
      this.#child.stdout.destroy()
      this.#child.stderr.destroy()
    }, LINGER_MS).unref()
  }

  #depart(departure: Departure): void {
    if (this.#isGone) return
    this.#isGone = true
    this.#isHeard = false
    this.#child.stdin.destroy()
    this.#ears.gone(departure)
  }
}

function environment(given: Readonly<Record<string, string>>): Record<string, string> {
  const result: Record<string, string> = {}
  for (const name of INHERITED) {
    const value = process.env[name]
    if (value !== undefined) result[name] = name === 'PATH' ? withoutOwnPrograms(value) : value
  }
  return { ...result, ...given }
}
