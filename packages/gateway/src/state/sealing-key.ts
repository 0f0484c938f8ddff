import { randomBytes } from 'node:crypto'
import { closeSync, linkSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import type { SealingKeySettings } from '../config/index.ts'

const KEY = /^[0-9a-f]{64}$/

/**
 * The key that the store's own secrets (upstream session ids) are sealed under: 32 bytes, as 64 hex digits in a file
 * or a variable. A file that does not exist is made, for this user alone; of two processes that make one at once, both
 * get the same.
 * @throws when what is there is no such key.
 */
export function readSealingKey(settings: SealingKeySettings, env: NodeJS.ProcessEnv): Uint8Array {
  if (settings.kind === 'env') return toKey(env[settings.name] ?? '', `the variable ${settings.name}`)
  const { file } = settings
  try {
    return toKey(readFileSync(file, 'utf8'), file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
  createKeyFile(file)
  return toKey(readFileSync(file, 'utf8'), file)
}

function createKeyFile(file: string): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  const draft = `${file}.${process.pid}`
  const handle = openSync(draft, 'wx', 0o600)
  writeSync(handle, randomBytes(32).toString('hex'))
  closeSync(handle)
  try {
    // A link appears whole or not at all, and the first one wins.
    linkSync(draft, file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  } finally {
    rmSync(draft, { force: true })
  }
}

function toKey(text: string, place: string): Uint8Array {
  const digits = text.trim().toLowerCase()
  if (!KEY.test(digits)) throw new Error(`${place} does not hold a sealing key of 64 hex digits`)
  return Buffer.from(digits, 'hex')
}
