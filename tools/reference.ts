/**
 * `node tools/pinned.mjs tools/reference.ts [--write]`: the reference of `@portcullis/auth`, made of its docstrings.
 * Without `--write` it only says whether docs/reference.md is as it would be made. Exit code 1 when it is not, or when
 * something public has no docstring.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { API, type Project, type Symbol as TsSymbol } from 'typescript/unstable/sync'

const ROOT = join(import.meta.dirname, '..')
const PAGE = join(ROOT, 'docs', 'reference.md')
const PACKAGE = join(ROOT, 'packages', 'auth')
/** What somebody writes who guards a server; the rooms behind it are documented where they are declared. */
const ENTRIES = ['.', './express', './fastify', './hono', './node', './fetch', './mcp', './keys', './limits', './store']
/** Where an entry serves others, too: what of it is for those who guard a server. */
const CHOSEN: Readonly<Record<string, readonly string[]>> = {
  './store': [
    'CredentialKind',
    'CredentialRecord',
    'CredentialStore',
    'memoryCredentials',
    'prepareDatabase',
    'sqliteCredentials',
  ],
}

const INTRODUCTION = `# Reference of \`@portcullis/auth\`

Made of the docstrings by \`node tools/pinned.mjs tools/reference.ts --write\`; do not edit. How to use it:
[guard.md](guard.md). Times are seconds since the epoch unless another unit is named.
`

interface Declared {
  readonly name: string
  readonly words: string
  readonly code: string
}

const SymbolFlags = { Alias: 2097152 } as const

function declaredIn(project: Project, source: string): readonly Declared[] {
  const file = project.program.getSourceFile(source)
  const module = file && project.checker.getSymbolAtLocation(file)
  if (module === undefined) throw new Error(`${source} exports nothing`)
  return project.checker
    .getExportsOfModule(module)
    .flatMap((symbol) => read(project, symbol))
    .toSorted((one, other) => one.name.localeCompare(other.name, 'en'))
}

/** A declaration, and behind a function those that are assigned to it. */
function read(project: Project, symbol: TsSymbol): readonly Declared[] {
  const target = symbol.flags & SymbolFlags.Alias ? project.checker.getAliasedSymbol(symbol) : symbol
  const node = target.declarations[0]?.resolve(project)
  if (node === undefined) throw new Error(`${symbol.name} is declared nowhere`)
  const text = readFileSync(node.getSourceFile().fileName, 'utf8')
  const whole = text.slice(statementAt(text, node.pos), node.end)
  const declared = { name: symbol.name, words: wordsOf(whole), code: codeOf(whole) }
  return declared.code.startsWith('function') ? [declared, ...assignedTo(symbol.name, text)] : [declared]
}

/** `name.other = (…): Type => …`, with the docstring before it. */
function assignedTo(name: string, text: string): readonly Declared[] {
  const each = new RegExp(`((?:/\\*\\*(?:(?!\\*/)[^])*\\*/\\n)?)^${name}\\.(\\w+) = (\\([^\\n]*) =>`, 'gm')
  return [...text.matchAll(each)].map(([, docstring = '', member, signature]) => ({
    name: `${name}.${member}`,
    words: wordsOf(`${docstring}function`),
    code: `function ${name}.${member}${signature}`,
  }))
}

/** A constant's node begins behind `const`; its docstring stands before that. */
function statementAt(text: string, pos: number): number {
  const before = text.slice(0, pos)
  if (!/(?:^|\n)(?:export )?const$/.test(before)) return pos
  const comment = before.lastIndexOf('/**')
  const isOwn = comment !== -1 && /^\/\*\*(?:(?!\*\/)[\s\S])*\*\/\s*(?:export )?const$/.test(before.slice(comment))
  return isOwn ? comment : before.lastIndexOf('\n') + 1
}

const DOCSTRING = /\/\*\*([\s\S]*?)\*\//g

/** The docstring that stands right before the declaration, as Markdown. */
function wordsOf(whole: string): string {
  const head = whole.slice(0, startOf(whole))
  const last = [...head.matchAll(DOCSTRING)].at(-1)?.[1] ?? ''
  const text = last
    .split('\n')
    .map((line) => line.replace(/^\s*\* ?/, ''))
    .join('\n')
    .trim()
  return text
    .replace(/\{@link (\w+)\}/g, '`$1`')
    .replace(/\s*@param (\S+)\s+/g, '\n- `$1`: ')
    .replace(/\s*@returns\s+/g, '\n- Returns ')
    .replace(/\s*@throws\s+(?:\{(\w+)\}\s*)?/g, (_, type) => `\n- Throws ${type === undefined ? '' : `\`${type}\` `}`)
    .replace(/\s*@see\s+/g, '\n- See ')
    .replace(/\n(- [^\n]+)/, '\n\n$1')
    .trim()
}

function startOf(whole: string): number {
  const found =
    /^(?:export )?(?:declare )?(?:async )?(?:abstract )?(?:interface|type|class|function|const|enum)\b/m.exec(whole)
  return found?.index ?? Math.max(0, whole.search(/\S/))
}

/** The declaration without what is nobody's business: bodies, initial values, private members. */
function codeOf(whole: string): string {
  const code = whole
    .slice(startOf(whole))
    .replace(/^export /, '')
    .trim()
  if (code.startsWith('interface') || code.startsWith('type')) return code
  if (/^(async )?function/.test(code))
    return code
      .slice(0, bodyAt(code))
      .trim()
      .replace(/^async /, '')
  if (code.startsWith('class')) return publicMembersOf(code)
  return `const ${code.replace(/^const /, '').split(' =')[0]}`
}

/** Where a function's body begins: the first brace that no bracket encloses, behind its parameters. */
function bodyAt(code: string): number {
  let depth = 0
  let hasParameters = false
  for (let at = 0; at < code.length; at++) {
    const character = code[at] as string
    if (character === '{' && depth === 0 && hasParameters && !/[:|&<]\s*$/.test(code.slice(0, at))) return at
    if ('([{'.includes(character)) depth++
    if (')]}'.includes(character)) {
      depth--
      if (character === ')' && depth === 0) hasParameters = true
    }
  }
  return code.length
}

function publicMembersOf(code: string): string {
  const [head = ''] = code.split('{')
  const members = [
    ...code.matchAll(/^ {2}(?:async )?((?:get )?[a-z]\w*\(.*) \{$|^ {2}((?:readonly )?[a-z]\w*:.*?)(?: = .*)?$/gm),
  ]
    .map(([, method, field]) => method ?? field ?? '')
    .filter((member) => !member.startsWith('constructor'))
  return `${head.trim()} {\n${members.map((member) => `  ${member}`).join('\n')}\n}`
}

function toPage(project: Project): { readonly page: string; readonly silent: readonly string[] } {
  const { exports } = JSON.parse(readFileSync(join(PACKAGE, 'package.json'), 'utf8')) as {
    readonly exports: Readonly<Record<string, Readonly<Record<string, string>>>>
  }
  const silent: string[] = []
  const chapters = ENTRIES.filter((entry) => entry in exports).map((entry) => {
    const name = `@portcullis/auth${entry.slice(1)}`
    const source = join(PACKAGE, exports[entry]?.['portcullis-source'] ?? '')
    const declared = declaredIn(project, source).filter(({ name: each }) => CHOSEN[entry]?.includes(each) ?? true)
    silent.push(...declared.filter(({ words }) => words === '').map((one) => `${name}: ${one.name}`))
    const parts = declared.map(
      ({ name: each, words, code }) => `### ${each}\n\n${words}\n\n\`\`\`ts\n${code}\n\`\`\`\n`,
    )
    return `## ${name}\n\n${parts.join('\n')}`
  })
  return { page: `${INTRODUCTION}\n${chapters.join('\n')}`, silent }
}

const api = new API({ cwd: ROOT })
try {
  const [project] = api.updateSnapshot({ openProjects: [join(ROOT, 'tsconfig.json')] }).getProjects()
  if (project === undefined) throw new Error('the sources are in no project')
  const { page, silent } = toPage(project)
  if (process.argv.includes('--write')) writeFileSync(PAGE, page)
  const isTrue = readFileSync(PAGE, 'utf8') === page
  for (const name of silent) process.stderr.write(`${name} has no docstring\n`)
  if (!isTrue) process.stderr.write('docs/reference.md is not what the docstrings say: write it anew\n')
  process.stdout.write(isTrue && silent.length === 0 ? 'the reference is true\n' : 'the reference is not true\n')
  if (!isTrue || silent.length > 0) process.exitCode = 1
} finally {
  api.close()
}
