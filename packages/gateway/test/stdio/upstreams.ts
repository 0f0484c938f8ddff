import { readFileSync } from 'node:fs'
import { after } from 'node:test'
import { fileURLToPath } from 'node:url'
import { ChildBudget, createStdioUpstream, type StdioOptions } from '../../src/upstream/stdio/index.ts'
import type { Upstream } from '../../src/upstream/upstream.ts'

export interface LogLine {
  readonly level: string
  readonly message: string
  readonly fields: Readonly<Record<string, unknown>>
}

/** A stdio server that the tests know, with what it logged. */
export interface Given {
  readonly upstream: Upstream
  readonly log: LogLine[]
}

const opened: Upstream[] = []
// A test that fails must not leave processes behind.
after(async () => {
  await Promise.all(opened.map((upstream) => upstream.close()))
})

/** An upstream that runs a program of `children/`, with whatever options the test is about. */
export function givenServer(file: string, options: Partial<StdioOptions> = {}): Given {
  const log: LogLine[] = []
  const upstream = createStdioUpstream({
    name: 'tested',
    command: process.execPath,
    args: [fileURLToPath(new URL(`children/${file}`, import.meta.url))],
    env: {},
    budget: new ChildBudget(),
    log: (level, message, fields) => log.push({ level, message, fields }),
    ...options,
  })
  opened.push(upstream)
  return { upstream, log }
}

/** The official reference server, which stands on the v1 SDK. */
export function givenEverything(options: Partial<StdioOptions> = {}): Given {
  const entry = fileURLToPath(import.meta.resolve('@modelcontextprotocol/server-everything/dist/index.js'))
  return givenServer('', { args: [entry, 'stdio'], ...options })
}

/** The processes that were started, in order. */
export function pids(log: readonly LogLine[]): number[] {
  return log.filter(({ message }) => message === 'stdio server started').map(({ fields }) => Number(fields.pid))
}

/** A process that has ended and waits to be reaped does not count. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return process.platform !== 'linux' || !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}

export async function eventually(what: string, isSo: () => boolean, ms = 8000): Promise<void> {
  const deadline = Date.now() + ms
  while (!isSo()) {
    if (Date.now() > deadline) throw new Error(`still not so: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}
