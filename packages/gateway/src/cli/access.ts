import { statSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Settings } from '../config/index.ts'
import { ownerOf } from '../config/owner.ts'

/**
 * Why a file could not be used by this user, and who can, in one line.
 * @param file Where the error does not say.
 * @returns undefined when it failed of something else.
 */
export function faultOfAccess(error: unknown, file?: string): string | undefined {
  const { code, path = file } = (error ?? {}) as NodeJS.ErrnoException
  if (code !== 'EACCES' && code !== 'EPERM') return undefined
  return `${path ?? 'a file'}: permission denied (${code})${ownerOf(path)}`
}

/** A warning when others than its user get into the directory of the store. Where there are no such modes, none. */
export function faultOfState({ store }: Settings): string | undefined {
  if (store.kind === 'memory' || process.platform === 'win32') return undefined
  const directory = dirname(store.file)
  const mode = statSync(directory, { throwIfNoEntry: false })?.mode ?? 0
  if ((mode & 0o077) === 0) return undefined
  const may = (mode & 0o022) === 0 ? 'look into' : 'change what is in'
  return `other users of this machine may ${may} ${directory}, where the gate keeps its state: chmod 700 it`
}
