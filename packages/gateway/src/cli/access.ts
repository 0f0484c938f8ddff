import { readFileSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Settings } from '../config/index.ts'

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

/**
 * Whose something is when it is somebody else's, and what to do about it.
 * @param user The user id of this process.
 * @returns A continuation of a sentence; empty when it is this user's own, or not known.
 */
export function ownerOf(path: string | undefined, user = process.geteuid?.()): string {
  const uid = path === undefined ? undefined : nearest(path)?.uid
  if (uid === undefined || uid === user) return ''
  const name = nameOf(uid)
  return `. It belongs to the user ${name === undefined ? `with the id ${uid}` : name}: run as that user`
}

/** What lies there, or the directory in which it would. */
function nearest(path: string): { readonly uid: number } | undefined {
  try {
    return statSync(path)
  } catch {
    const above = dirname(path)
    return above === path ? undefined : nearest(above)
  }
}

/** Node does not look up others than the user of the process. */
function nameOf(uid: number): string | undefined {
  try {
    const users = readFileSync('/etc/passwd', 'utf8').split('\n')
    return users.map((line) => line.split(':')).find(([, , id]) => id === String(uid))?.[0]
  } catch {
    return undefined
  }
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
