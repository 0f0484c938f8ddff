import { type MaybePromise, nameOf } from '../crypto/index.ts'

/**
 * A key that the operator names before the start: by its SHA-256 (64 hex digits), or by the key itself, whose id then is
 * `env-` and the first eight hex digits of its hash.
 */
export type FixedKeyEntry = { readonly id: string; readonly sha256: string } | { readonly secret: string }

/** A key that was named before the start. */
export interface FixedKey {
  /** Public: subject, client and credential of its principal. */
  readonly id: string
}

/** Keys that are there from the start to the end of the process: they do not expire and cannot be revoked. */
export interface FixedKeys {
  /** Whose secret this is. Answers at once where the runtime hashes at once; takes as long for one that is nobody's. */
  find(secret: string): MaybePromise<FixedKey | undefined>
}

/** Who made these keys, as their principals tell it: somebody outside, so no id of theirs is taken for one of ours. */
export const OPERATOR = 'operator'

const ID = /^[A-Za-z0-9._-]{1,64}$/
const SHA256 = /^[0-9A-Fa-f]{64}$/
/** What can come as a Bearer credential (token68, RFC 9110 §11.2). */
const SENDABLE = /^[A-Za-z0-9._~+/-]+=*$/
/** 256 bits, if they are random: whether they are cannot be seen. */
const MIN_SECRET = 32
/** SHA-256 of no bytes: what the line that makes an entry gives where there is no key. */
const HASH_OF_NOTHING = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'
/** In place of a digest that nobody has. */
const NOBODY = '\0'.repeat(32)

/**
 * Kept and found by SHA-256; a key that was given in clear is not kept. Entries are called by their number in what goes
 * wrong, never by their text, which may be a key.
 *
 * @param source What the entries came from, for messages.
 * @throws {TypeError} for no entry, one that is malformed, a key shorter than 32 bytes or of characters that no
 *   `Authorization: Bearer` can carry, two of one id, and two of one key. Where the runtime hashes by promise, the last
 *   two may show for keys in clear only at the first `find`, which then rejects.
 */
export function fixedKeys(entries: readonly FixedKeyEntry[], source = 'fixedKeys()'): FixedKeys {
  if (entries.length === 0) throw new TypeError(`${source}: no key is named, so nobody could come in`)
  const named = entries.map((entry, at) => readEntry(entry, `${source}: entry ${at + 1}`))
  const atOnce = named.filter((one): one is Named => !(one instanceof Promise))
  const known = tabulate(atOnce, source)
  let table = atOnce.length === named.length ? known : undefined
  const late = async (secret: string): Promise<FixedKey | undefined> => {
    const name = await nameOf(secret)
    table ??= tabulate(await Promise.all(named), source)
    return lookUp(table, name)
  }
  return {
    find(secret) {
      if (table === undefined) return late(secret)
      const name = nameOf(secret)
      const whole = table
      return name instanceof Promise ? name.then((text) => lookUp(whole, text)) : lookUp(whole, name)
    },
  }
}

/**
 * Reads keys from a text, as environment variables carry them: entries separated by commas or white space, each
 * `id:sha256` or a key in clear of at least 32 bytes.
 *
 * @param source The variable's name, for messages.
 * @param onWarning Told of each key in clear, by its number, and what to write instead.
 * @throws {TypeError} as `fixedKeys`; also where the text is absent or blank, for nobody could come in then.
 */
export function readFixedKeys(
  text: string | undefined,
  { source, onWarning }: { readonly source: string; readonly onWarning: (warning: string) => void },
): FixedKeys {
  const words = (text ?? '').split(/[\s,]+/).filter((word) => word !== '')
  if (words.length === 0) {
    throw new TypeError(`${source} is ${text === undefined ? 'not set' : 'empty'}: set it to keys, as ${HASHED_FORM}`)
  }
  const entries = words.map((word): FixedKeyEntry => {
    const colon = word.indexOf(':')
    // With a colon it is meant as a hash, however it is mistyped: taken for a key, what is no secret would open.
    return colon === -1 ? { secret: word } : { id: word.slice(0, colon), sha256: word.slice(colon + 1) }
  })
  const keys = fixedKeys(entries, source)
  for (const [at, entry] of entries.entries()) {
    if ('secret' in entry) onWarning(`${source}: entry ${at + 1} is a key in clear; write its hash: ${HASHED_FORM}`)
  }
  return keys
}

const HASHED_FORM = `id:$(printf %s "$KEY" | sha256sum | cut -d' ' -f1)`

interface Named {
  readonly id: string
  /** SHA-256 as 32 characters. */
  readonly name: string
  /** What it is called in messages. */
  readonly label: string
}
type Table = ReadonlyMap<string, { readonly key: FixedKey; readonly name: string }>

function readEntry(entry: FixedKeyEntry, label: string): MaybePromise<Named> {
  if ('sha256' in entry) {
    if (!ID.test(entry.id))
      throw new TypeError(`${label}: an id has 1 to 64 characters of A-Z, a-z, 0-9, ".", "_", "-"`)
    if (!SHA256.test(entry.sha256)) throw new TypeError(`${label}: a SHA-256 has 64 hex digits`)
    if (entry.sha256.toLowerCase() === HASH_OF_NOTHING) {
      throw new TypeError(`${label}: this is the hash of nothing: $KEY was not set when it was made`)
    }
    const bytes = entry.sha256.match(/../g) ?? []
    return { id: entry.id, label, name: String.fromCharCode(...bytes.map((byte) => Number.parseInt(byte, 16))) }
  }
  const { secret } = entry
  if (secret.length < MIN_SECRET) throw new TypeError(`${label}: a key in clear has at least ${MIN_SECRET} bytes`)
  if (!SENDABLE.test(secret)) throw new TypeError(`${label}: a key in clear has letters, digits and -._~+/ only`)
  const name = nameOf(secret)
  return name instanceof Promise ? name.then((text) => inClear(text, label)) : inClear(name, label)
}

function inClear(name: string, label: string): Named {
  const digits = [...name.slice(0, 4)].map((byte) => byte.charCodeAt(0).toString(16).padStart(2, '0'))
  return { id: `env-${digits.join('')}`, label, name }
}

function tabulate(named: readonly Named[], source: string): Table {
  const ids = new Set<string>()
  const table = new Map<string, { readonly key: FixedKey; readonly name: string }>()
  for (const { id, name, label } of named) {
    if (table.has(name)) throw new TypeError(`${label} is the same key as one before it in ${source}`)
    if (ids.has(id)) throw new TypeError(`${label} has the same id as one before it in ${source}`)
    ids.add(id)
    table.set(name, { key: { id }, name })
  }
  return table
}

/** A table of hashes tells by its time at most something of hashes, which lead back to no key. */
function lookUp(table: Table, name: string): FixedKey | undefined {
  const found = table.get(name)
  const isSame = areSame(found?.name ?? NOBODY, name)
  return isSame ? found?.key : undefined
}

/** Two texts of 32 characters, compared in time that does not depend on them. */
function areSame(one: string, other: string): boolean {
  let difference = 0
  for (let at = 0; at < 32; at++) difference |= one.charCodeAt(at) ^ other.charCodeAt(at)
  return difference === 0
}
