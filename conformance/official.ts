/**
 * Runs the server scenarios of the official suite against a URL and reads the checks it wrote.
 * The suite is used as it is published, through its command line; nothing of it is copied or patched.
 */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { runProgram } from './processes.ts'

export const REVISIONS = ['2025-11-25', '2026-07-28'] as const
export type Revision = (typeof REVISIONS)[number]

export interface Check {
  readonly id: string
  /** Several checks share an id: a requirement is tried in several ways, each with a name of its own. */
  readonly name: string
  readonly status: 'SUCCESS' | 'FAILURE' | 'WARNING' | 'SKIPPED' | 'INFO'
  readonly errorMessage?: string
}

export interface Scenario {
  readonly revision: Revision
  readonly name: string
  /** Why the requirement set runs it without counting it; absent when it counts. */
  readonly unscored?: string
}

export interface ScenarioResult extends Scenario {
  readonly checks: readonly Check[]
}

const SUITE = createRequire(import.meta.url).resolve('@modelcontextprotocol/conformance/package.json')
const COMMAND = join(dirname(SUITE), 'dist', 'index.js')
/** One requirement set takes some ten seconds; a server that stops answering makes each scenario wait. Milliseconds. */
const PATIENCE = 5 * 60_000

/** What a requirement set asks of a server, in its own order, from the suite's own listing. */
export async function listScenarios(revision: Revision): Promise<Scenario[]> {
  const { code, output, complaints } = await runProgram([COMMAND, 'list', '--server', '--requirements', revision], {
    cwd: tmpdir(),
  })
  if (code !== 0) throw new Error(`the suite cannot list ${revision}: ${complaints}`)
  // The listing has a block for each role, whatever role was asked for.
  const required = /^Server scenarios.*\n((?: {2}- \S+\n)*)/m.exec(output)?.[1] ?? ''
  const unscored = output.split(/^Run and reported.*$/m)[1] ?? ''
  const scenarios: Scenario[] = [...required.matchAll(/^ {2}- (\S+)$/gm)].map(([, name = '']) => ({ revision, name }))
  let reason = ''
  for (const [, heading, name] of unscored.matchAll(/^ {2}(\S+) \(\d+\):$|^ {4}- (\S+) \[server\]$/gm)) {
    reason = heading ?? reason
    if (name) scenarios.push({ revision, name, unscored: reason })
  }
  if (scenarios.length === 0) throw new Error(`the suite lists nothing for ${revision}: its output has changed`)
  return scenarios
}

/**
 * Runs one requirement set against a server. A scenario that left no result is there too, with one failed check, so that
 * a suite or a server that breaks down cannot look like one that passed.
 */
export async function runOfficial(url: string, scenarios: readonly Scenario[]): Promise<ScenarioResult[]> {
  const revision = scenarios[0]?.revision
  if (!revision) return []
  const directory = await mkdtemp(join(tmpdir(), 'conformance-'))
  try {
    const args = [COMMAND, 'server', '--url', url, '--requirements', revision, '-o', directory]
    const { complaints } = await runProgram(args, { cwd: directory, timeout: PATIENCE })
    const results = await readResults(directory)
    const missing: Check = { id: 'no-result', name: 'NoResult', status: 'FAILURE', errorMessage: complaints }
    return scenarios.map((scenario) => ({ ...scenario, checks: results.get(scenario.name) ?? [missing] }))
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

/** A result lies in `server-NAME-TIMESTAMP/checks.json`. */
async function readResults(directory: string): Promise<Map<string, Check[]>> {
  const results = new Map<string, Check[]>()
  for (const folder of await readdir(directory)) {
    const name = /^server-(.+)-\d{4}-\d{2}-\d{2}T.+$/.exec(folder)?.[1]
    if (name) results.set(name, JSON.parse(await readFile(join(directory, folder, 'checks.json'), 'utf8')))
  }
  return results
}
