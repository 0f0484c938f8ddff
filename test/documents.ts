/** The documents of the repository: their headings, links and examples. */
import { readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { ROOT, repositoryFiles } from './sources.ts'

export interface Document {
  /** From the root of the repository. */
  readonly file: string
  /** What stands outside of fences. */
  readonly prose: string
  readonly fences: readonly Fence[]
}

export interface Fence {
  /** `sh`: commands to type. `yaml`: a configuration of the gate, whole or in part. `json`: what it says. */
  readonly language: string
  readonly text: string
}

export const documents = (): readonly Document[] =>
  repositoryFiles()
    .filter((file) => file.endsWith('.md'))
    .map((file) => readDocument(file, readFileSync(join(ROOT, file), 'utf8')))

const FENCE = /^```([^\n]*)\n([\s\S]*?)^```$/gm

export function readDocument(file: string, text: string): Document {
  const fences = [...text.matchAll(FENCE)].map(([, language = '', inner = '']) => ({ language, text: inner }))
  return { file, prose: text.replace(FENCE, ''), fences }
}

/** Names that links find headings by, as code forges make them. */
export function anchorsOf({ prose }: Document): ReadonlySet<string> {
  const headings = [...prose.matchAll(/^#{1,6} +(.+)$/gm)].map(([, heading = '']) => heading)
  return new Set(
    headings.map((heading) =>
      heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, '')
        .replace(/\s/g, '-'),
    ),
  )
}

/** Links to a heading of the same or another document: where they lead to, and to which heading. */
export function anchorLinks({ file, prose }: Document): readonly { readonly file: string; readonly anchor: string }[] {
  return [...prose.matchAll(/\]\((?!https?:|mailto:)([^)#\s]*)#([^)\s]+)\)/g)].map(([, path = '', anchor = '']) => ({
    file: path === '' ? file : posix.join(posix.dirname(file), path),
    anchor,
  }))
}

/** A command line of ours: its words behind `portcullis`, and whether it is meant to be typed as it stands. */
export interface CommandLine {
  readonly words: readonly string[]
  /** Else it stands in a sentence and may leave out what it needs. */
  readonly isWhole: boolean
}

/** What follows the command of ours on a line: a comment, or another command. */
const REST = /\s+(?:#|\||>|&&|&$|;).*$/

export function commandLines({ prose, fences }: Document): readonly CommandLine[] {
  const typed = fences
    .filter(({ language }) => language === 'sh')
    .flatMap(({ text }) => text.replaceAll('\\\n', ' ').split('\n'))
    .flatMap((line) => /^(?:npx )?portcullis (.*)$/.exec(line.trim())?.[1] ?? [])
    .map((rest) => ({ words: wordsOf(rest.replace(REST, '')), isWhole: true }))
  const told = [...prose.matchAll(/`(?:npx )?portcullis ([a-z][^`]*)`/g)]
    .map(([, rest = '']) => ({ words: wordsOf(rest.replaceAll('\n', ' ')), isWhole: false }))
    // `keys create|list` and `keys …` speak of several.
    .filter(({ words }) => !words.some((word) => /[|…[]/.test(word)))
  return [...typed, ...told]
}

/** As a shell splits them, where nothing is substituted. */
function wordsOf(line: string): readonly string[] {
  return [...line.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(([, a, b, c]) => a ?? b ?? c ?? '')
}
