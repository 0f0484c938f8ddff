import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, join, resolve } from 'node:path'

/**
 * Why a program could not be started now, as a phrase without its name; undefined when it could be, as far as one can see.
 *
 * @param directory Where a path that is not absolute starts.
 * @param searchPath Where a bare name is looked for. Undefined: not known, so nothing is said of bare names.
 */
export function faultOfProgram(command: string, directory: string, searchPath: string | undefined): string | undefined {
  // Windows tries names that end otherwise, too.
  if (process.platform === 'win32') return undefined
  const hint = /\s/.test(command) ? '; arguments belong in `args`' : ''
  if (command.includes('/')) {
    const found = look(resolve(directory, command))
    if (found === 'missing') return `names a program that does not exist${hint}`
    return found === 'other' ? 'names what cannot be executed' : undefined
  }
  if (searchPath === undefined) return undefined
  const directories = searchPath.split(delimiter)
  const isFound = directories.some((each) => look(join(resolve(directory, each), command)) === 'program')
  return isFound ? undefined : `names a program that is not in the search path (PATH)${hint}`
}

function look(file: string): 'program' | 'other' | 'missing' {
  try {
    const stats = statSync(file, { throwIfNoEntry: false })
    if (stats === undefined) return 'missing'
    accessSync(file, constants.X_OK)
    return stats.isFile() ? 'program' : 'other'
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOTDIR' ? 'missing' : 'other'
  }
}
