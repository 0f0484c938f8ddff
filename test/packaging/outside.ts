/** The machine as somebody has it who is not in this repository: for what is installed from a tarball, and for tools. */
import assert from 'node:assert/strict'
import { type SpawnSyncOptions, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { delimiter, dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** Folders of the search path that no repository has put there. */
export const searchPath = (process.env.PATH ?? '').split(delimiter).filter((folder) => !folder.includes('node_modules'))

/** Without what npm tells its own scripts, with Node 24 first. */
export const environment: NodeJS.ProcessEnv = {
  ...Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^npm_(?!config_registry)|^(NODE_(?!EXTRA_CA_CERTS)|INIT_CWD|PORTCULLIS_)/.test(name),
    ),
  ),
  PATH: [dirname(process.execPath), ...searchPath].join(delimiter),
}

/** @returns what it wrote. @throws when it fails, with all that it said. */
export function run(command: string, args: readonly string[], options: SpawnSyncOptions & { cwd: string }): string {
  const settings = { env: environment, timeout: 180_000, maxBuffer: 1 << 26, ...options, encoding: 'utf8' } as const
  const { status, stdout, stderr } = spawnSync(command, args, settings)
  assert.equal(status, 0, `${command} ${args.join(' ')}\n${stdout}${stderr}`)
  return stdout
}

const QUIETLY = ['--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error']

/** Installs into a folder in which nothing else is. */
export function install(folder: string, ...packages: readonly string[]): void {
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }')
  run('npm', ['install', ...QUIETLY, ...packages], { cwd: folder })
}

const TOOLS = join(import.meta.dirname, 'tools')

/**
 * The folder of the tools' packages, installed as their lock file says unless that was done before. They are none of the
 * repository's own dependencies: nobody has to load 390 MB who does not pack.
 */
export function tools(): string {
  const modules = join(TOOLS, 'node_modules')
  const marker = join(modules, '.portcullis-installed')
  const wanted = createHash('sha256')
    .update(readFileSync(join(TOOLS, 'package-lock.json')))
    .digest('hex')
  if (!existsSync(marker) || readFileSync(marker, 'utf8') !== wanted) {
    run('npm', ['ci', '--ignore-scripts', ...QUIETLY], { cwd: TOOLS })
    writeFileSync(marker, wanted)
  }
  return modules
}

/** Node of that version, from npm. @param folder Where it may be put. @returns its program. */
export function nodeOf(version: string, folder: string): string {
  // The packages behind the package `node`, which would install them by a script of its own.
  const system = process.platform === 'win32' ? 'win' : process.platform
  const name = `${system === 'darwin' && process.arch === 'arm64' ? 'node-bin' : 'node'}-${system}-${process.arch}`
  install(folder, `${name}@${version}`)
  return join(folder, 'node_modules', name, 'bin', system === 'win' ? 'node.exe' : 'node')
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  assert.ok(address !== null && typeof address === 'object')
  return address.port
}

/** The answer of a server that is about to listen. */
export async function answerOf(url: string, request: RequestInit = { method: 'POST', body: '{}' }): Promise<Response> {
  for (const until = Date.now() + 20_000; ; await sleep(100)) {
    try {
      return await fetch(url, request)
    } catch (error) {
      if (Date.now() > until) throw error
    }
  }
}
