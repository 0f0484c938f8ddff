import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, type Pair, parseDocument } from 'yaml'
import { formatPath, type Path, type Problem } from './problem.ts'
import { type Environment, REFERENCE_FORM, resolveReferences } from './references.ts'

/** Far above any real configuration; a file that goes beyond is a mistake or an aliases bomb. */
const MAX_VALUES = 50_000
const MAX_DEPTH = 32

/** Maps have no prototype, so that a key is there only when the file has it. */
export type Value = string | number | boolean | null | readonly Value[] | { readonly [key: string]: Value }

export interface ConfigDocument {
  /** References to the environment are replaced. Undefined when the text is no YAML. */
  readonly value?: Value
  readonly problems: readonly Problem[]
  /** Paths, formatted, where a value is missing because a reference or an alias led nowhere. */
  readonly gaps: ReadonlySet<string>
  /** What refers to variables that hold nothing and is not needed: the paths that `unneeded` has given, each once. */
  readonly unknown: readonly Path[]
  /** @param part Whether to point at the key itself or at what it holds. The nearest place above when it is missing. */
  locate(path: Path, part?: 'key' | 'value'): Place
  /** The place of what a path leads to, if it is there. */
  find(path: Path): Place | undefined
}

type Place = Pick<Problem, 'line' | 'column'>
type Unneeded = (path: Path) => Path | undefined

/**
 * Reads YAML 1.2 (core schema). Whatever is wrong with the text becomes a problem; nothing is thrown.
 * @param unneeded Told the path of a setting whose variable holds nothing. Gives the path of what is not needed with it;
 *   undefined where the variable is missed.
 */
export function readDocument(text: string, env: Environment, unneeded: Unneeded = () => undefined): ConfigDocument {
  const lines = new LineCounter()
  const problems: Problem[] = []
  const place = (offset: number) => {
    const { line, col } = lines.linePos(offset)
    return { line: Math.max(line, 1), column: Math.max(col, 1) }
  }
  const { document, unquoted } = parseAround(text, lines)
  if (document === undefined) {
    const problem = { line: 1, column: 1, path: '', message: 'is nested too deeply' }
    return {
      problems: [problem],
      gaps: new Set(),
      unknown: [],
      locate: () => place(0),
      find: () => undefined,
    }
  }
  const report = (offset: number, path: Path, message: string) =>
    problems.push({ ...place(offset), path: formatPath(path), message })
  const walk = new Walk(env, unneeded, report)
  for (const offset of unquoted) problems.push({ ...place(offset), path: '', message: UNQUOTED })
  for (const fault of syntaxFaults(document)) {
    problems.push({ ...place(fault.pos[0]), path: '', message: describeFault(fault.code, fault.message) })
  }
  const { version, explicit } = document.directives?.yaml ?? {}
  if (explicit && version !== '1.2') problems.push({ ...place(0), path: '', message: 'must be YAML 1.2' })
  const read = {
    problems,
    gaps: walk.gaps,
    unknown: walk.unknown,
    locate: (path: Path, part?: 'key' | 'value') => place(walk.offsetOf(path, part)),
    find: (path: Path) => (walk.has(path) ? place(walk.offsetOf(path)) : undefined),
  }
  // A text that is not YAML has no shape to judge: what follows the fault would be misread. A tag only has no meaning.
  if (document.errors.some(({ code }) => code !== 'TAG_RESOLVE_FAILED')) return read
  const value = walk.read(document.contents as Node | null, [])
  return walk.exhausted ? read : { ...read, value }
}

type YamlDocument = ReturnType<typeof parseDocument>

function parse(text: string, lineCounter: LineCounter): YamlDocument | undefined {
  try {
    // Without prettyErrors: those quote the line, and the line may hold a secret.
    // Keys that stand twice are found by the walk, which goes on to find what else is wrong.
    const options = { prettyErrors: false, uniqueKeys: false, resolveKnownTags: false } as const
    const document = parseDocument(text, { ...options, lineCounter, version: '1.2', schema: 'core' })
    // The parser recurses, and reports some of what then happens to it as if the text had said it.
    return document.errors.some(({ message }) => message.startsWith('Maximum call stack')) ? undefined : document
  } catch {
    return undefined
  }
}

const UNQUOTED = `must be quoted inside { } and [ ]: "${REFERENCE_FORM}"`
const REFERENCE = /^\$\{env:[^}\s]*\}/
/** Stands for a reference that made the text no YAML; a sign for private use, which no configuration has. */
const MASK = '\u{e000}'
const MAX_MASKED = 32

/**
 * Parses what a reference without its quotes has made unreadable with that reference masked, so that it hides nothing
 * else in the file. Every place stays what it was.
 */
function parseAround(text: string, lines: LineCounter): { document: YamlDocument | undefined; unquoted: number[] } {
  const unquoted: number[] = []
  for (let masked = text; ; ) {
    const document = parse(masked, lines)
    const fault = document?.errors.find(({ pos: [at] }) => REFERENCE.test(masked.slice(at - 1)))
    if (fault === undefined || unquoted.length === MAX_MASKED) return { document, unquoted }
    const at = fault.pos[0] - 1
    unquoted.push(at)
    masked = masked.slice(0, at) + masked.slice(at).replace(REFERENCE, (reference) => MASK.repeat(reference.length))
    lines.lineStarts.length = 0
  }
}

/** Once the parser has lost its way it stumbles over everything that follows: only the first such fault says something. */
function syntaxFaults({ errors, warnings }: YamlDocument) {
  const lost = errors.find(({ code }) => code === 'UNEXPECTED_TOKEN')
  return [...errors, ...warnings].filter((fault) => fault.code !== 'UNEXPECTED_TOKEN' || fault === lost)
}

function describeFault(code: string, message: string): string {
  switch (code) {
    case 'MULTIPLE_DOCS':
      return 'the file must hold one YAML document; remove what follows `---`'
    case 'TAB_AS_INDENT':
      return 'indentation must be spaces, not tabs'
    case 'TAG_RESOLVE_FAILED':
      return 'YAML tags (`!…`) have no meaning here'
    case 'UNEXPECTED_TOKEN':
      return 'is not YAML: something unexpected stands here' // the parser's own message quotes the text
    default:
      return `is not YAML: ${withoutQuotes(message)}`
  }
}

/** The parser's words, without what they cite of the file. */
function withoutQuotes(message: string): string {
  const [first = ''] = message.split('\n')
  return first.replace(/: .*$/, '').replace(/"[^"]{2,}"/g, '…')
}

/** One pass over the nodes: makes plain values, notes where each stands, and spends a budget so that aliases cannot multiply. */
class Walk {
  readonly #env: Environment
  readonly #unneeded: Unneeded
  readonly #report: (offset: number, path: Path, message: string) => void
  readonly #offsets = new Map<string, { key?: number; value: number }>()
  /** Nodes by anchor, as far as the walk has come: an alias means the last anchor of its name before it. */
  readonly #anchors = new Map<string, Node>()
  #inAlias = false
  readonly gaps = new Set<string>()
  readonly unknown: Path[] = []
  #left = MAX_VALUES
  exhausted = false

  constructor(env: Environment, unneeded: Unneeded, report: (offset: number, path: Path, message: string) => void) {
    this.#env = env
    this.#unneeded = unneeded
    this.#report = report
  }

  read(node: Node | null, path: Path, keyOffset?: number): Value {
    const offset = node?.range?.[0] ?? keyOffset ?? 0
    // Of a list or a map the key says more than the first thing in it.
    const value = keyOffset !== undefined && !isScalar(node) ? keyOffset : offset
    this.#offsets.set(JSON.stringify(path), keyOffset === undefined ? { value } : { key: keyOffset, value })
    if (this.#spend(offset, path)) return null
    if (isAlias(node)) return this.#readAlias(node.source, offset, path, keyOffset)
    this.#note(node)
    if (isMap(node)) return this.#readMap(node.items as Pair<Node, Node | null>[], path)
    if (isSeq(node)) return node.items.map((item, index) => this.read(item as Node, [...path, index]))
    return isScalar(node) ? this.#readScalar(node.value, offset, path) : null
  }

  has(path: Path): boolean {
    return this.#offsets.has(JSON.stringify(path))
  }

  offsetOf(path: Path, part: 'key' | 'value' = 'value'): number {
    for (let length = path.length; length >= 0; length--) {
      const found = this.#offsets.get(JSON.stringify(path.slice(0, length)))
      if (found === undefined) continue
      // What is missing is missed in the map above: its key is the place to look.
      return part === 'key' || length < path.length ? (found.key ?? found.value) : found.value
    }
    return 0
  }

  #readMap(pairs: readonly Pair<Node, Node | null>[], path: Path): Value {
    const map: Record<string, Value> = Object.create(null)
    for (const pair of pairs) {
      const key = isAlias(pair.key) ? this.#anchors.get(pair.key.source) : pair.key
      const offset = pair.key?.range?.[0] ?? this.offsetOf(path)
      this.#note(pair.key)
      if (!isScalar(key) || key.value === null) {
        this.#report(offset, path, 'a key must be plain text')
        continue
      }
      const name = String(key.value)
      if (name === '__proto__' || Object.hasOwn(map, name)) {
        const message = name === '__proto__' ? 'cannot be used as a key' : 'this key stands twice in its map'
        this.#report(offset, [...path, name], message)
        continue
      }
      map[name] = this.read(pair.value, [...path, name], offset)
    }
    return map
  }

  #readScalar(value: unknown, offset: number, path: Path): Value {
    if (typeof value === 'string') {
      if (value.includes(MASK)) this.gaps.add(formatPath(path))
      const report = (message: string) => this.#reportGap(offset, path, message)
      return resolveReferences(value, this.#env, report, (message) => this.#reportUnset(offset, path, message))
    }
    return typeof value === 'number' || typeof value === 'boolean' ? value : null
  }

  #readAlias(anchor: string, offset: number, path: Path, keyOffset?: number): Value {
    const target = this.#anchors.get(anchor)
    if (target === undefined) {
      this.#reportGap(offset, path, 'this alias (`*…`) has no anchor (`&…`) before it')
      return null
    }
    const outer = this.#inAlias
    this.#inAlias = true
    const value = this.read(target, path, keyOffset ?? offset)
    this.#inAlias = outer
    return value
  }

  #reportGap(offset: number, path: Path, message: string): void {
    this.gaps.add(formatPath(path))
    this.#report(offset, path, message)
  }

  #reportUnset(offset: number, path: Path, message: string): void {
    const whole = this.#unneeded(path)
    if (whole === undefined) this.#reportGap(offset, path, message)
    else if (!this.unknown.some((known) => formatPath(known) === formatPath(whole))) this.unknown.push(whole)
  }

  /** Anchors count where they are written, not where an alias repeats them. */
  #note(node: Node | null): void {
    if (!this.#inAlias && node !== null && 'anchor' in node && node.anchor) this.#anchors.set(node.anchor, node)
  }

  #spend(offset: number, path: Path): boolean {
    this.#left -= 1
    if (path.length <= MAX_DEPTH && this.#left >= 0) return false
    if (!this.exhausted) this.#report(offset, [], 'the file is too large or nested too deeply; are its aliases right?')
    this.exhausted = true
    this.#left = -1
    return true
  }
}
