/** The sources of the repository as they are: their text, what each imports, which room it is in. */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'

export const ROOT = join(import.meta.dirname, '..')

export interface Source {
  /** From the root of the repository. */
  readonly file: string
  readonly text: string
  /** What it imports, as written. */
  readonly imports: readonly string[]
}

/** Files that belong to the repository: in the index, or new and not ignored. */
export function repositoryFiles(): readonly string[] {
  const args = ['ls-files', '-z', '--cached', '--others', '--exclude-standard']
  const files = execFileSync('git', args, { cwd: ROOT, encoding: 'utf8', maxBuffer: 16 * 1024 * 1024 }).split('\0')
  return [...new Set(files)].filter((file) => file !== '' && existsSync(join(ROOT, file))).sort()
}

export const sources = (): readonly Source[] =>
  repositoryFiles()
    .filter((file) => /\.(ts|mjs)$/.test(file))
    .map((file) => source(file, readFileSync(join(ROOT, file), 'utf8')))

export const source = (file: string, text: string): Source => ({ file, text, imports: importsOf(text) })

/** Static imports stand at the beginning of a line and hold no other string; dynamic ones have one string. */
const STATIC = /^(?:import|export)\s(?:[^'"=();]*?\bfrom\s)?'([^']+)'/gm
const DYNAMIC = /^(?!\s*(?:\*|\/\/)).*\bimport\('([^']+)'\)/gm

function importsOf(text: string): readonly string[] {
  return [...new Set([STATIC, DYNAMIC].flatMap((form) => [...text.matchAll(form)].map(([, name = '']) => name)))]
}

/** The file that a relative import of `from` means. */
export const resolve = (from: string, specifier: string): string => posix.join(posix.dirname(from), specifier)

/** `@scope/name/sub` is of the package `@scope/name`; undefined for what is no package. */
export function packageOf(specifier: string): string | undefined {
  if (/^(\.|#|node:)/.test(specifier)) return undefined
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
}
