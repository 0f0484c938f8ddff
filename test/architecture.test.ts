import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { CHECKS, FLOORS, type Floors, ON_NODE, ON_THE_WAY, ONLY_IN } from './architecture.ts'
import { packageOf, resolve, type Source, source, sources } from './sources.ts'

const all = sources()

/** The room of a file of `src`: the longest row that its path begins with. Undefined for a room without a row. */
function roomOf(path: string, rows: readonly string[]): string | undefined {
  return rows
    .filter((row) => path === row || path.startsWith(`${row}/`))
    .sort((a, b) => b.length - a.length)
    .at(0)
}

/** @param of Name of the package's folder. @returns a line for each import that the floors do not allow. */
function breaches(files: readonly Source[], of: string, floors: Floors): readonly string[] {
  const src = `${of}/src/`
  const rows = Object.keys(floors)
  return files
    .filter(({ file }) => file.startsWith(src))
    .flatMap(({ file, imports }) => {
      const room = roomOf(file.slice(src.length), rows)
      if (room === undefined) return [`${file} is in no room: give it a row in test/architecture.ts`]
      const relative = imports.filter((name) => name.startsWith('.')).map((name) => resolve(file, name))
      return relative.flatMap((target) => {
        if (!target.startsWith(src)) return [`${file} reaches out of its package, to ${target}`]
        const other = roomOf(target.slice(src.length), rows)
        if (other === room || (other !== undefined && floors[room]?.includes(other))) return []
        return [`${file} (${room}) may not import ${target} (${other})`]
      })
    })
}

/** @returns a line for each import outside the rooms that it belongs to. */
function strays(files: readonly Source[], of: string, only: Readonly<Record<string, readonly string[]>>) {
  const src = `${of}/src/`
  return files
    .filter(({ file }) => file.startsWith(src))
    .flatMap(({ file, imports }) =>
      imports.flatMap((name) => {
        const homes = only[name] ?? only[name.startsWith('node:') ? 'node:*' : (packageOf(name) ?? '')]
        if (homes === undefined || roomOf(file.slice(src.length), homes) !== undefined) return []
        return [`${file} may not import ${name}: only ${homes.join(', ')} may`]
      }),
    )
}

/** @returns the files of each circle that begins at one of these. Imports of types count: they tie as well. */
function circles(files: readonly Source[]): readonly string[] {
  const targets = new Map(
    files.map(({ file, imports }) => [
      file,
      imports.filter((name) => name.startsWith('.')).map((name) => resolve(file, name)),
    ]),
  )
  const found: string[] = []
  const done = new Set<string>()
  const visit = (file: string, path: readonly string[]): void => {
    if (path.includes(file)) found.push([...path.slice(path.indexOf(file)), file].join(' → '))
    if (path.includes(file) || done.has(file)) return
    for (const target of targets.get(file) ?? []) visit(target, [...path, file])
    done.add(file)
  }
  for (const { file } of files) visit(file, [])
  return found
}

describe('the floors', () => {
  for (const [of, floors] of Object.entries(FLOORS)) {
    it(`of ${of} name only rooms below, and rooms that are there`, () => {
      const rows = Object.keys(floors)
      for (const [index, row] of rows.entries()) {
        for (const room of floors[row] ?? []) assert.ok(rows.slice(0, index).includes(room), `${row} over ${room}`)
        assert.ok(
          all.some(({ file }) => roomOf(file.replace(`${of}/src/`, ''), [row])),
          `no file is in ${row}`,
        )
      }
    })

    it(`of ${of} are kept by every file`, () => {
      assert.deepEqual(breaches(all, of, floors), [])
      assert.deepEqual(strays(all, of, ONLY_IN[of] ?? {}), [])
    })

    it(`of ${of} have a door plate at every room`, () => {
      const rooms = Object.keys(floors).filter((row) => !row.endsWith('.ts'))
      // The port that both ways to an upstream share is the plate of their house.
      const doors = rooms.map((row) => `${of}/src/${row}/${row === 'upstream' ? 'upstream' : 'index'}.ts`)
      const bare = doors.filter((door) => !all.find(({ file }) => file === door)?.text.startsWith('/**'))
      assert.deepEqual(bare, [])
    })
  }

  const floors: Floors = { cellar: [], kitchen: ['cellar'], 'kitchen/larder': ['kitchen'] }
  const slips: Readonly<Record<string, Source>> = {
    'an import from above': source('packages/a/src/cellar/a.ts', `import { b } from '../kitchen/index.ts'`),
    'an import from above, of a type': source('packages/a/src/cellar/a.ts', `import type { B } from '../kitchen/b.ts'`),
    'an import from above, over lines': source(
      'packages/a/src/cellar/a.ts',
      `import {\n  b,\n  c,\n} from '../kitchen/index.ts'`,
    ),
    'an export from above': source('packages/a/src/cellar/a.ts', `export * from '../kitchen/index.ts'`),
    'an import when it is needed': source('packages/a/src/cellar/a.ts', `  load: () => import('../kitchen/index.ts'),`),
    'a room into the folder in it': source('packages/a/src/kitchen/a.ts', `import './larder/index.ts'`),
    'a file without a room': source('packages/a/src/shed/a.ts', ''),
    'another package by its path': source('packages/a/src/kitchen/a.ts', `import { b } from '../../../b/src/b.ts'`),
  }
  for (const [slip, file] of Object.entries(slips)) {
    it(`are not kept by ${slip}`, () => {
      assert.equal(breaches([file], 'packages/a', floors).length, 1)
    })
  }

  it('are not kept by a package outside its room', () => {
    const only = { 'node:*': ['cellar/runtime.ts'], zod: ['kitchen'] }
    const inside = [
      source('packages/a/src/cellar/runtime.ts', `import 'node:fs'`),
      source('packages/a/src/kitchen/a.ts', `import * as z from 'zod/mini'`),
    ]
    const outside = [
      source('packages/a/src/cellar/other.ts', `import 'node:fs'`),
      source('packages/a/src/cellar/b.ts', `import * as z from 'zod/mini'`),
    ]

    assert.deepEqual(strays(inside, 'packages/a', only), [])
    assert.equal(strays(outside, 'packages/a', only).length, 2)
  })
})

describe('files', () => {
  it('import in no circle', () => {
    assert.deepEqual(circles(all), [])
  })

  it('in a circle are found', () => {
    const files = [
      source('a.ts', `import './b.ts'`),
      source('b.ts', `import './c.ts'`),
      source('c.ts', `import './b.ts'`),
    ]

    assert.deepEqual(circles(files), ['b.ts → c.ts → b.ts'])
  })
})

/** Comments, and the text of strings in quotes: what is said there is not named. */
const SAID = /\/\*[\s\S]*?\*\/|(?<!:)\/\/.*|'(?:[^'\\\n]|\\.)*'/g
/** `process` is also a word of the record; the one of Node is asked for a member or taken apart. */
const OF_NODE =
  /\b(?:Buffer|setImmediate|__dirname)\b|(?<![.\w])process\s*(?:\??\.|\[)|=\s*process\s*$|globalThis\.process/m

const namesNode = ({ text, imports }: Source): boolean =>
  imports.some((name) => name.startsWith('node:')) || OF_NODE.test(text.replace(SAID, ''))

describe('the library', () => {
  const files = all.filter(({ file }) => file.startsWith('packages/auth/src/'))

  it('names what only Node has in one file', () => {
    assert.deepEqual(
      files.filter(namesNode).map(({ file }) => file),
      [...ON_NODE],
    )
  })

  const slips = {
    'an import of a type': `import type { Hash } from 'node:crypto'`,
    'an import when it is needed': `const { hash } = await import('node:crypto')`,
    'its bytes': `const bytes = Buffer.from(text)`,
    'its timers': `  setImmediate(work)`,
    'its process': `if (process.env.DEBUG) debug()`,
    'its process, if there is one': `const env = process?.env`,
    'its process, taken apart': `const { env } = process`,
    'its process as a member': `globalThis.process`,
  }
  for (const [slip, text] of Object.entries(slips)) {
    it(`would be found to name ${slip}`, () => assert.ok(namesNode(source('a.ts', text))))
  }

  it('may speak of it', () => {
    const text = `/** As \`setImmediate\` on Node. */\n// process.env\nconst key = { process: 1 }; const word = 'Buffer'; of(process)`

    assert.ok(!namesNode(source('a.ts', text)))
  })
})

describe('the gate', () => {
  const importing = (name: string) =>
    new RegExp(`^import\\s[^'"=();]*\\b${name}\\b[^'"=();]*\\sfrom\\s'@portcullis`, 'm')

  it('has no check of its own on the way of a request: it asks the guard', () => {
    const onTheWay = all.filter(({ file }) =>
      ON_THE_WAY.some((room) => file.startsWith(`packages/gateway/src/${room}/`)),
    )
    const own = onTheWay.flatMap(({ file, text }) =>
      CHECKS.filter((name) => importing(name).test(text)).map((name) => `${file} imports ${name}`),
    )

    assert.ok(onTheWay.length > 0)
    assert.deepEqual(own, [])
  })

  it('would be found to check by itself', () => {
    const slip = `import {\n  digestOf,\n  randomBytes,\n} from '@portcullis/auth/crypto'`

    assert.match(slip, importing('digestOf'))
    assert.doesNotMatch(slip, importing('isDigestOf'))
  })
})
