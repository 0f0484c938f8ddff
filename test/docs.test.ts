import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { after, describe, it } from 'node:test'
import type { Command, Entry, Group } from '../packages/gateway/src/cli/command.ts'
import { COMMANDS } from '../packages/gateway/src/cli/commands.ts'
import { runCommand } from '../packages/gateway/src/cli/index.ts'
import { formatProblem, loadConfig } from '../packages/gateway/src/config/index.ts'
import { anchorLinks, anchorsOf, type CommandLine, commandLines, documents, readDocument } from './documents.ts'

const all = documents()
const byFile = new Map(all.map((document) => [document.file, document]))

// That the files are there which links lead to, repository.test.ts sees to.
describe('a link to a heading', () => {
  it('finds it', () => {
    const dead = all.flatMap((document) =>
      anchorLinks(document)
        .filter(({ file, anchor }) => !(byFile.has(file) && anchorsOf(byFile.get(file) as typeof document).has(anchor)))
        .map(({ file, anchor }) => `${document.file}: ${file}#${anchor}`),
    )

    assert.deepEqual(dead, [])
  })

  it('would be found dead', () => {
    const document = readDocument('a.md', '# Who may reach it?\n\n[x](#who-may-reach-it) [y](b.md#nowhere)\n')

    assert.deepEqual([...anchorsOf(document)], ['who-may-reach-it'])
    assert.deepEqual(anchorLinks(document), [
      { file: 'a.md', anchor: 'who-may-reach-it' },
      { file: 'b.md', anchor: 'nowhere' },
    ])
  })
})

describe('an index', () => {
  for (const folder of ['docs', 'docs/decisions']) {
    it(`names every document in ${folder}`, () => {
      const index = byFile.get(`${folder}/README.md`)?.prose ?? ''
      const names = all.flatMap(({ file }) => new RegExp(`^${folder}/((?!README)[^/]+)$`).exec(file)?.[1] ?? [])

      assert.ok(names.length > 3)
      assert.deepEqual(
        names.filter((name) => !index.includes(`](${name})`)),
        [],
      )
    })
  }
})

/** The commands as they are, with nothing behind them. */
const idle: readonly Entry[] = COMMANDS.map(withoutWork)

function withoutWork(entry: Entry): Entry {
  return {
    ...entry,
    load: async () => {
      const loaded: Command | Group = await entry.load()
      return 'commands' in loaded
        ? { commands: loaded.commands.map(withoutWork) }
        : { ...loaded, run: () => Promise.resolve(0 as const) }
    },
  }
}

/** @returns what the command line says against these words; undefined when it takes them. */
async function faultOf({ words, isWhole }: CommandLine): Promise<string | undefined> {
  let said = ''
  const say = (text: string): void => {
    said += text
  }
  const streams = { env: {}, stdin: Readable.from([]), stdout: () => {}, stderr: say }
  // Help is given for whatever is spelled right, complete or not.
  const code = await runCommand(isWhole ? words : [...words, '--help'], streams, idle)
  return code === 0 ? undefined : said.trim()
}

describe('a command in a document', () => {
  it('can be typed as it stands', async () => {
    const faults: string[] = []
    let count = 0
    for (const document of all) {
      for (const line of commandLines(document)) {
        count++
        const fault = await faultOf(line)
        if (fault !== undefined) faults.push(`${document.file}: portcullis ${line.words.join(' ')}: ${fault}`)
      }
    }

    assert.deepEqual(faults, [])
    assert.ok(count > 40, `only ${count} were found`)
  })

  it('would be found wrong', async () => {
    const document = readDocument(
      'a.md',
      '```sh\nnpx portcullis keys create --server "a b" \\\n  --name b | cat   # c\nnpx portcullis keys create --name b\n' +
        'npx portcullis audit query --untill 1h\n```\n`portcullis keys create`, `portcullis keys delete`, `portcullis …`\n',
    )
    const lines = commandLines(document)
    const faults = await Promise.all(lines.map(faultOf))

    assert.deepEqual(lines[0]?.words, ['keys', 'create', '--server', 'a b', '--name', 'b'])
    assert.deepEqual(
      faults.map((fault) => fault !== undefined),
      [false, true, true, false, true],
    )
  })
})

describe('a configuration in a document', () => {
  const directory = mkdtempSync(join(tmpdir(), 'portcullis-docs-'))
  after(() => rmSync(directory, { recursive: true }))
  const SERVER = 'servers: { any: { upstream: { url: "http://127.0.0.1:3000/mcp" }, access: [api-key] } }\n'

  function problemsOf(yaml: string): readonly string[] {
    const file = join(directory, 'portcullis.yaml')
    writeFileSync(file, /^servers:/m.test(yaml) ? yaml : yaml + SERVER)
    const named = [...yaml.matchAll(/\$\{env:(\w+)\}|\benv: ([A-Z_]+)\b/g)].map(([, a, b]) => a ?? b ?? '')
    // Long enough for whatever must be, secrets included.
    const held = 'set-0123456789-abcdefghijklmnopqrstuvwxyz'
    const { problems = [] } = loadConfig(file, Object.fromEntries(named.map((name) => [name, held])))
    return problems
      .filter(({ path, message }) => !(/^listen\.tls\.|\.cwd$/.test(path) && message.includes('does not exist')))
      .map((problem) => formatProblem('', problem))
  }

  for (const { file, fences } of all) {
    // The one page whose examples are held to the schema beside it.
    const examples = fences.filter(({ language }) => language === 'yaml' && file !== 'docs/configuration.md')
    if (examples.length === 0) continue
    it(`is taken by the gate (${file})`, () => {
      assert.deepEqual(
        examples.flatMap(({ text }) => problemsOf(text)),
        [],
      )
    })
  }

  it('would be found wrong', () => {
    assert.equal(problemsOf('lissen: { port: 8000 }\n').length, 1)
    assert.equal(problemsOf('listen: { port: 8000 }\n').length, 0)
  })
})

it('JSON in a guide is JSON', () => {
  for (const { file, fences } of all.filter(({ file }) => /^(docs\/[^/]+|README)\.md$/.test(file))) {
    for (const { text } of fences.filter(({ language }) => language === 'json')) {
      assert.doesNotThrow(() => JSON.parse(text), file)
    }
  }
})
