import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import { type Loaded, loadConfig, type Problem, type Settings } from '../../src/config/index.ts'

export const directory = mkdtempSync(join(tmpdir(), 'portcullis-config-'))
after(() => rmSync(directory, { recursive: true }))

/** A server with nothing wrong in it, to be put under other settings. */
export const SERVER = 'servers: { files: { upstream: { command: files }, access: [api-key] } }\n'

export function givenFile(name: string, content: string | Uint8Array): string {
  const file = join(directory, name)
  writeFileSync(file, content)
  return file
}

export function load(yaml: string | Uint8Array, env: Record<string, string> = {}): Loaded {
  return loadConfig(givenFile('portcullis.yaml', yaml), env)
}

export function settingsOf(yaml: string, env?: Record<string, string>): Settings {
  const { settings, problems } = load(yaml, env)
  assert.ok(settings, JSON.stringify(problems, null, 2))
  return settings
}

export function problemsOf(yaml: string | Uint8Array, env?: Record<string, string>): readonly Problem[] {
  const { problems } = load(yaml, env)
  assert.ok(problems, 'the configuration was accepted')
  return problems
}

/** The one problem of a file, as `path: message`. */
export function problemOf(yaml: string | Uint8Array, env?: Record<string, string>): string {
  const problems = problemsOf(yaml, env).map(({ path, message }) => (path === '' ? message : `${path}: ${message}`))
  assert.equal(problems.length, 1, problems.join('\n'))
  return problems[0] as string
}

/** The problem of one server's settings, given as YAML in flow style without the outer braces. */
export function serverProblem(server: string): string {
  return problemOf(`servers: { s: { ${server} } }`)
}

export function warningsOf(yaml: string, env?: Record<string, string>): string[] {
  return settingsOf(yaml, env).warnings.map(({ path, message }) => `${path}: ${message}`)
}
