import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'

const FOLDER = join(import.meta.dirname, 'peers')

/**
 * Installs what the issuer is compared with, unless that was done before: it is none of the repository's own
 * dependencies, so that nobody has to load it who does not measure.
 * @returns why it is not there.
 */
export function installPeers(): string | undefined {
  if (existsSync(join(FOLDER, 'node_modules', '.package-lock.json'))) return undefined
  const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
  const { status, error, stderr } = spawnSync('npm', args, { cwd: FOLDER, encoding: 'utf8' })
  return status === 0 ? undefined : `npm ci failed: ${error?.message ?? stderr.trim().split('\n')[0]}`
}
