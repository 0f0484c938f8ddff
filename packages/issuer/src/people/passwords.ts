import { type Argon2Parameters, argon2, randomBytes, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import { Queue } from './queue.ts'

const derive = promisify<'argon2id', Argon2Parameters, Buffer>(argon2 as never)

/** argon2id as OWASP's Password Storage Cheat Sheet has it first: 19 MiB, two passes, one lane. */
const COST = { memory: 19_456, passes: 2, parallelism: 1 }
const SALT_BYTES = 16
const TAG_BYTES = 32

/** Bounds of NIST SP 800-63B §3.1.1.2, counted in characters: long enough alone, short enough to hash. */
export const PASSWORD_LENGTH = { least: 10, most: 256 } as const

/** In UTF-16 units, before anything is made of it: no password that the bounds allow is typed with more. */
export const LONGEST_TYPED_PASSWORD = 8 * PASSWORD_LENGTH.most

/**
 * For all issuers of the process: 38 MiB at most, two cores, and half a second of waiting. One network can have four of
 * the places, so that a flood from one leaves some to others; and a flood from everywhere leaves eight to browsers that
 * are known and to whoever chooses a password.
 */
const queue = new Queue({ running: 2, waiting: 24, waitingKnown: 8, perAsker: 4 })

/**
 * A PHC string: `$argon2id$v=19$m=…,t=…,p=…$salt$hash`. Compared in Unicode's NFKC, as people type it.
 * @param asker On whose behalf, for the bound on work. @throws {BusyError}
 */
export async function hashPassword(password: string, asker: string): Promise<string> {
  const nonce = randomBytes(SALT_BYTES)
  const message = bytesOf(password)
  const tag = await queue.run(
    asker,
    () => derive('argon2id', { message, nonce, tagLength: TAG_BYTES, ...COST }),
    // Nobody chooses a password who has not shown a link, a session or the keys of the machine.
    true,
  )
  return toPhc(nonce, tag)
}

/** The hash of no password: takes as long to check as one that somebody has. */
export function hashOfNobody(): string {
  return toPhc(randomBytes(SALT_BYTES), randomBytes(TAG_BYTES))
}

function toPhc(nonce: Buffer, tag: Buffer): string {
  const { memory, passes, parallelism } = COST
  return `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$${toText(nonce)}$${toText(tag)}`
}

const PHC = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/

/**
 * Whether a password is the one of this hash. What is no hash of ours is nobody's password.
 * @throws {BusyError}
 */
export async function isPassword(stored: string, password: string, asker: string, isKnown = false): Promise<boolean> {
  const parts = PHC.exec(stored)
  if (parts === null) return false
  const [, memory, passes, parallelism, salt, tag] = parts
  const expected = Buffer.from(tag as string, 'base64')
  const parameters = {
    message: bytesOf(password),
    nonce: Buffer.from(salt as string, 'base64'),
    tagLength: expected.length,
    memory: Number(memory),
    passes: Number(passes),
    parallelism: Number(parallelism),
  }
  const computed = await queue.run(asker, () => derive('argon2id', parameters), isKnown)
  return timingSafeEqual(expected, computed)
}

/** What is longer than any password is cut short, and is wrong all the same. */
function bytesOf(password: string): Buffer {
  return Buffer.from(password.slice(0, LONGEST_TYPED_PASSWORD).normalize('NFKC'))
}

function toText(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '')
}
