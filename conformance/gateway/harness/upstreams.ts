/** Real MCP servers to put behind a gate. */
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { startService } from '../../processes.ts'
import { givenDirectory } from './gate.ts'
import { end, freePort, keep, ROOT, until } from './processes.ts'

const FIXTURE = join(ROOT, 'conformance/fixture')
const EVERYTHING = createRequire(import.meta.url).resolve('@modelcontextprotocol/server-everything/dist/index.js')
const PROGRAM = join(ROOT, 'conformance/gateway/servers/program.mjs')

export interface Running {
  readonly url: string
  stop(): Promise<void>
}

/** The conformance fixture: both eras on one URL. */
export async function startFixture(): Promise<Running> {
  const { announcement, stop } = await startService([join(FIXTURE, 'http.ts'), '--port', '0'], ROOT)
  return { url: String(announcement.url), stop }
}

/** The same over stdio, as a configuration has it. */
export function fixtureProgram(): object {
  return { command: process.execPath, args: [...process.execArgv, join(FIXTURE, 'stdio.ts')] }
}

/** The reference server: sessions only. */
export async function startEverything(): Promise<Running> {
  const port = await freePort()
  const child: ChildProcess = spawn(process.execPath, [EVERYTHING, 'streamableHttp'], {
    env: { PATH: process.env.PATH, PORT: String(port) },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const said = keep(child.stderr as NonNullable<typeof child.stderr>)
  await until('server-everything listens', () => said().includes('listening'), 15_000)
  return { url: `http://127.0.0.1:${port}/mcp`, stop: () => end(child) }
}

export function everythingProgram(): object {
  return { command: process.execPath, args: [EVERYTHING, 'stdio'] }
}

/** `servers/program.mjs`, and what its children have written down. */
export interface Journal {
  readonly upstream: object
  /** Nothing, when none was ever started. */
  readonly lines: () => string[]
  readonly starts: () => number
}

export function journaledProgram(mode = 'good'): Journal {
  const file = join(givenDirectory(), 'journal')
  const lines = (): string[] => (existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : [])
  return {
    upstream: { command: process.execPath, args: [PROGRAM, file, mode] },
    lines,
    starts: () => lines().filter((line) => line.startsWith('start ')).length,
  }
}
