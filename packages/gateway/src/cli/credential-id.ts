import { PUBLIC_ID_LENGTH, readSecretText, SECRET_TEXT_LENGTH, type SecretKind } from '@portcullis/auth/protocol'
import { Failure, UsageError } from './command.ts'
import type { Family } from './credentials.ts'

/** As `positionals` of a command whose arguments `readId` looks at: nothing of what was typed is repeated there. */
export const ONE_ID = [0, Infinity] as const

const EXAMPLE = 'xzbxx3s8lfocnsr4'
const ID = /^[0-9a-z]{16}$/
/** The beginning of a secret, wherever it stands: a secret URL is pasted with what is before it. */
const SECRET = /pcl([su])_(?:([0-9a-z]{16})_)?/

/**
 * The one ID that a command was given. Whoever pastes a whole key in its place must not find it in an error message, so
 * what is not an ID is described and never shown.
 * @throws {UsageError} for none or several. @throws {Failure} for what cannot be an ID.
 */
export function readId(family: Family, given: readonly string[]): string {
  const [text] = given
  const where = `\`portcullis ${family}s list\` shows them`
  if (text === undefined) throw new UsageError(`an ID is missing, such as ${EXAMPLE}; ${where}`)
  if (given.length > 1) throw new UsageError(`it takes one ID and was given ${given.length} arguments`)
  if (ID.test(text)) return text
  const secret = SECRET.exec(text)
  if (secret !== null) throw new Failure(describeSecret(family, text, secret))
  throw new Failure(`that is no ID: ${describeText(text)}. An ID looks like ${EXAMPLE}; ${where}`)
}

/**
 * The ID that events are asked for by. A whole key has it in its text, and is not needed further.
 * @throws {UsageError} for the part of a secret that does not have it.
 */
export function readIdFilter(text: string, option: string): string {
  const secret = SECRET.exec(text)
  if (secret === null) return text
  const [, , id] = secret
  if (id === undefined)
    throw new UsageError(`${option} takes an ID, such as ${EXAMPLE}, and was given part of a secret`)
  return id
}

function describeText(text: string): string {
  if (text.length === PUBLIC_ID_LENGTH) return 'an ID has no characters but 0-9 and a-z'
  return describeLength(text.length, PUBLIC_ID_LENGTH, 'an ID')
}

const SPOKEN = {
  s: { kind: 'api-key', one: 'a key', command: 'keys' },
  u: { kind: 'secret-url', one: 'the secret of a URL', command: 'urls' },
} as const

/** What can be told of a secret that was typed where its ID belongs: whether it is whole, and the ID if it shows one. */
function describeSecret(family: Family, text: string, [begin, letter, id]: RegExpExecArray): string {
  const { kind, one, command } = SPOKEN[letter as 's' | 'u']
  const fault = describeFault(kind, one, text.slice(text.indexOf(begin)))
  const what = fault === undefined ? `that is ${one}` : `that is ${one}, and not a whole one (${fault})`
  const hint = id === undefined ? `\`portcullis ${command} list\` shows IDs` : `this one is ${id}`
  const other = command === `${family}s` ? '' : `, for \`portcullis ${command}\``
  return `${what}, where its ID belongs; ${hint}${other}. What is typed here stays in the history of your shell`
}

function describeFault(kind: SecretKind, one: string, secret: string): string | undefined {
  const read = readSecretText(kind, secret)
  if (read.kind === 'readable') return undefined
  if (secret.length !== SECRET_TEXT_LENGTH) return describeLength(secret.length, SECRET_TEXT_LENGTH, one)
  return read.fault === 'checksum' ? 'its checksum does not fit: was it mistyped?' : 'it has characters that none has'
}

function describeLength(length: number, right: number, one: string): string {
  const counted = `it has ${length} character${length === 1 ? '' : 's'}; ${one} has ${right}`
  if (length === right + 1) return `${counted}: was one added while copying?`
  return length === right - 1 ? `${counted}: was one lost while copying?` : counted
}
