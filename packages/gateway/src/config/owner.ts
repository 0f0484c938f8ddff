import { readFileSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

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
