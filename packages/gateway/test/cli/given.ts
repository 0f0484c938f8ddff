import { type ChildProcess, spawn } from 'node:child_process'
import { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { type Entry, type ExitCode, runCommand } from '../../src/cli/index.ts'

export interface Ended {
  readonly code: ExitCode
  readonly stdout: string
  readonly stderr: string
}

/** Runs a command as the shell would, with its streams in hand. */
export async function run(
  argv: readonly string[],
  given: { env?: Record<string, string>; stdin?: string; commands?: readonly Entry[] } = {},
): Promise<Ended> {
  let stdout = ''
  let stderr = ''
  const streams = {
    env: given.env ?? {},
    stdin: Readable.from(given.stdin ?? ''),
    stdout(text: string): void {
      stdout += text
    },
    stderr(text: string): void {
      stderr += text
    },
  }
  const code = await runCommand(argv, streams, given.commands)
  return { code, stdout, stderr }
}

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url))

/** The command line as a process of its own, without a launcher; what it says on stderr is not kept. */
export function start(...args: readonly string[]): ChildProcess {
  const options = ['--conditions=portcullis-source', '--disable-warning=ExperimentalWarning']
  return spawn(process.execPath, [...options, MAIN, ...args], { stdio: ['ignore', 'pipe', 'ignore'] })
}
