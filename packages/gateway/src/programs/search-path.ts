import { realpathSync } from 'node:fs'
import { delimiter, dirname, join, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

const BIN = join('node_modules', '.bin')
const GYP = 'node-gyp-bin'
const HERE = dirname(fileURLToPath(import.meta.url))

/**
 * PATH as its user has it. Started by npm in a clone, the gate finds the clone's own programs before all others, its
 * pinned Node among them, which are not for the programs behind it. Installed in somebody's project, the gate leaves
 * that project's programs where they are: the one behind it may be among them.
 *
 * @param here A directory of this code.
 */
export function withoutOwnPrograms(path: string, here = HERE): string {
  const isInstalled = here.split(sep).includes('node_modules')
  const isOurs = (entry: string): boolean => !isInstalled && entry.endsWith(sep + BIN) && isAbove(here, entry)
  const kept = path.split(delimiter).filter((entry) => !entry.endsWith(sep + GYP) && !isOurs(entry))
  return kept.join(delimiter)
}

function isAbove(here: string, bin: string): boolean {
  const root = physical(bin.slice(0, -BIN.length - 1))
  return here.startsWith(root.endsWith(sep) ? root : root + sep)
}

function physical(directory: string): string {
  try {
    return realpathSync(directory === '' ? sep : directory)
  } catch {
    return directory
  }
}
