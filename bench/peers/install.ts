import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'

const ROOT = dirname(dirname(import.meta.dirname))

/**
 * Installs what something of ours is compared with, unless that was done before: it is none of the repository's own
 * dependencies, so that nobody has to load it who does not measure.
 * @param folder Of a package and its lock, from the root of the repository.
 * @returns why it is not there.
 */
export function installPeers(folder: string): string | undefined {
  const cwd = join(ROOT, folder)
  if (existsSync(join(cwd, 'node_modules', '.package-lock.json'))) return undefined
  const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
  const { status, error, stderr } = spawnSync('npm', args, { cwd, encoding: 'utf8' })
  return status === 0 ? undefined : `npm ci failed: ${error?.message ?? stderr.trim().split('\n')[0]}`
}
