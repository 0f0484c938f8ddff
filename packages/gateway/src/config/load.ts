import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { findContradictions } from './contradictions.ts'
import { type ConfigDocument, readDocument } from './document.ts'
import type { Fault } from './issues.ts'
import { ownerOf } from './owner.ts'
import { parseFile } from './parse.ts'
import { formatPath, inFileOrder, type Path, type Problem } from './problem.ts'
import type { Environment } from './references.ts'
import type { Settings } from './settings.ts'
import { settle } from './settle.ts'
import type { ParsedSections } from './shape.ts'
import { unneeded, withStandIns } from './unneeded.ts'
import { findWarnings } from './warnings.ts'

const MAX_FILE_BYTES = 1024 ** 2

/** Exactly one of the two is there. */
export type Loaded =
  | { readonly settings: Settings; readonly problems?: undefined }
  | { readonly settings?: undefined; readonly problems: readonly Problem[] }

/** A gate, or a command that reads and changes what gates keep and starts nothing. */
export type Use = 'gate' | 'state'

/**
 * Reads a configuration file and settles it. Finds every problem, not only the first; never throws.
 * Looks at the files that `listen.tls` names and whether a `cwd` or a program exists, but opens no database, starts no program and
 * reaches for no upstream.
 *
 * @param env Where references such as `${env:NAME}` lead. Its values appear in the settings and never in a problem.
 * @param use What the settings are for. For `state` alone, what only a running gate needs of its surroundings may be
 *   missing: the variable that holds the sealing key, certificates, directories, and variables that settings for a gate
 *   alone refer to (`unneeded.ts`; what is settled for these is then not what is configured).
 */
export function loadConfig(file: string, env: Environment = process.env, use: Use = 'gate'): Loaded {
  const absolute = resolve(file)
  const text = readText(absolute)
  if (text.fault !== undefined) return { problems: [{ line: 0, column: 0, path: '', message: text.fault }] }

  const document = readDocument(text.content, env, use === 'gate' ? undefined : unneeded)
  if (document.value === undefined) return { problems: inFileOrder(document.problems) }

  const locate = (faults: readonly Fault[]) => faults.map((fault) => toProblem(fault, document))
  const { unknown } = document
  const parsed = parseFile(withStandIns(document.value, unknown))
  const doubtful = new Set([...parsed.doubtful, ...unknown.map(formatPath)])
  const contradictions = findContradictions(
    { ...parsed, doubtful },
    use === 'gate' ? { directory: dirname(absolute), env } : undefined,
  )
  // What is wrong with the gap that a reference left is no news.
  const further = locate([...parsed.faults, ...contradictions]).filter(({ path }) => !document.gaps.has(path))
  if (document.problems.length + further.length > 0)
    return { problems: inFileOrder([...document.problems, ...further]) }

  const settings = settle(parsed.sections as Required<ParsedSections>, parsed.servers, absolute)
  return { settings: { ...settings, warnings: inFileOrder(locate(findWarnings(settings, env))) } }
}

/**
 * Where a setting stands in its file, as `FILE:LINE:COLUMN`, for what is found wrong with it later. The file alone when it
 * does not stand there.
 */
export function placeOf(file: string, path: Path): string {
  const text = readText(file)
  const at = text.fault === undefined ? readDocument(text.content, {}).find(path) : undefined
  return at === undefined ? file : `${file}:${at.line}:${at.column}`
}

type Text = { readonly content: string; readonly fault?: undefined } | { readonly fault: string }

function readText(file: string): Text {
  let bytes: Buffer
  try {
    bytes = readFileSync(file)
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code === 'ENOENT') return { fault: 'there is no such file; name one with --config FILE' }
    if (code === 'EISDIR') return { fault: 'is a directory; name a file' }
    const owner = code === 'EACCES' ? ownerOf(file) : ''
    return { fault: `cannot be read (${code ?? 'unknown reason'})${owner}` }
  }
  if (bytes.length > MAX_FILE_BYTES) return { fault: 'is longer than 1 MiB' }
  try {
    return { content: new TextDecoder('utf-8', { fatal: true }).decode(bytes) }
  } catch {
    return { fault: 'is not UTF-8 text' }
  }
}

function toProblem({ path, part, message }: Fault, document: ConfigDocument): Problem {
  return { ...document.locate(path, part), path: formatPath(path), message }
}
