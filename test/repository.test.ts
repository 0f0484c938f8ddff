import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { packageOf, ROOT, repositoryFiles, type Source, source, sources } from './sources.ts'
import { findTaboos, type Taboo, taboos } from './words.ts'

interface Manifest {
  readonly name: string
  readonly private?: boolean
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
}

const files = repositoryFiles()
const all = sources()
const manifest = (folder: string) => JSON.parse(readFileSync(join(ROOT, folder, 'package.json'), 'utf8')) as Manifest
const names = (map: Readonly<Record<string, string>> = {}): readonly string[] => Object.keys(map)

/** Folders that have a manifest of their own. */
const workspaces = files.filter((file) => /^.+\/package\.json$/.test(file)).map((file) => file.replace(/\/[^/]+$/, ''))
const published = workspaces.filter((folder) => manifest(folder).private !== true)
const house = new Set(workspaces.map((folder) => manifest(folder).name))

describe('a source file', () => {
  /** Longer than this is two thoughts in one file. */
  const LINES = 400

  it('fits in four hundred lines', () => {
    const long = all
      .map(({ file, text }) => ({ file, lines: text.split('\n').length }))
      .filter(({ lines }) => lines > LINES)

    assert.deepEqual(long, [])
  })

  it('silences no type: no cast to any, no comment that stops the compiler', () => {
    assert.deepEqual(all.flatMap(silences), [])
  })

  it('would be found to silence one', () => {
    const slips = ['const a = b as an' + 'y', 'const a = <an' + 'y>b', '// @ts-' + 'ignore', '// @ts-' + 'nocheck']

    assert.equal(slips.map((slip) => source('a.ts', slip)).flatMap(silences).length, slips.length)
  })

  function silences({ file, text }: Source): readonly string[] {
    return text
      .split('\n')
      .flatMap((line, index) =>
        /\bas an[y]\b|<an[y]>|@ts-(?:ignore|nocheck)/.test(line) ? [`${file}:${index + 1}`] : [],
      )
  }
})

describe('the dependencies', () => {
  for (const folder of published) {
    const within = (part: string) => all.filter(({ file }) => file.startsWith(`${folder}/${part}`))
    const imported = (of: readonly Source[]) => new Set(of.flatMap(({ imports }) => imports.map(packageOf)))

    it(`that ${folder} declares are those that its sources import`, () => {
      const used = [...imported([...within('src/'), ...within('bin/')])].filter((name) => name !== undefined)

      assert.deepEqual(names(manifest(folder).dependencies).toSorted(), used.toSorted())
    })
  }

  for (const folder of ['.', ...workspaces]) {
    it(`of everything in ${folder} are declared there or for the whole house`, () => {
      const own = manifest(folder)
      const declared = new Set([...names(own.dependencies), ...names(own.devDependencies), ...house])
      for (const name of names(manifest('.').devDependencies)) declared.add(name)
      const inner = workspaces.filter((other) => folder === '.' || other.startsWith(`${folder}/`))
      const mine = all
        .filter(({ file }) => folder === '.' || file.startsWith(`${folder}/`))
        .filter(({ file }) => !inner.some((other) => file.startsWith(`${other}/`)))
      const missing = mine.flatMap(({ file, imports }) =>
        imports
          .map(packageOf)
          .filter((name) => name !== undefined && !declared.has(name))
          .map((name) => `${file} imports ${name}`),
      )

      assert.deepEqual(missing, [])
    })
  }

  it('of the library are none that it could do without', () => {
    assert.deepEqual(
      names(manifest('packages/auth').dependencies).filter((name) => name !== 'jose'),
      [],
    )
  })

  it('are pinned to one version each', () => {
    const loose = ['.', ...workspaces].flatMap((folder) => {
      const { dependencies, devDependencies } = manifest(folder)
      return Object.entries({ ...dependencies, ...devDependencies })
        .filter(([, version]) => !/^(?:npm:@?[\w./-]+@)?\d+\.\d+\.\d+(?:-[\w.]+)?$/.test(version))
        .map(([name, version]) => `${folder}: ${name}@${version}`)
    })

    assert.deepEqual(loose, [])
  })

  it('are in the lock file without the place they came from', () => {
    const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as {
      packages: Record<string, { resolved?: string; integrity?: string; link?: boolean }>
    }
    const placed = Object.entries(packages).filter(([, { resolved, link }]) => resolved !== undefined && link !== true)
    const unproven = Object.entries(packages).filter(
      ([path, { integrity, link }]) => path.startsWith('node_modules/') && link !== true && integrity === undefined,
    )

    assert.deepEqual(placed, [])
    assert.deepEqual(unproven, [])
  })
})

describe('a package that is published', () => {
  for (const folder of published) {
    it(`has the licence of the house and a README (${folder})`, () => {
      assert.equal(readFileSync(join(ROOT, folder, 'LICENSE'), 'utf8'), readFileSync(join(ROOT, 'LICENSE'), 'utf8'))
      assert.match(readFileSync(join(ROOT, folder, 'README.md'), 'utf8'), new RegExp(`^# ${manifest(folder).name}\n`))
    })
  }
})

describe('the words', () => {
  const these = taboos(ROOT)

  it('of every file are about the product: no registry, no path of one machine, nothing left to do', () => {
    const found = files.flatMap((file) => {
      const text = readFileSync(join(ROOT, file), 'utf8')
      return text.includes('\0') ? [] : findTaboos(file, text, these)
    })

    assert.deepEqual(found, [])
  })

  it('would be found', () => {
    const here: readonly Taboo[] = taboos('/build-7/checkout')
    const registry = ['https://registry', 'npmjs', 'org/zod'].join('.')
    const slips = [registry, '/home' + '/ada/src', `see ${'/build-7'}/notes`, `// TO${'DO'}: later`, `FIX${'ME'}`]
    const fine = ['a registry of servers', '/home', 'https://example.com/build-7/', 'to do', 'method']

    for (const slip of slips) assert.equal(findTaboos('a', slip, here).length, 1, slip)
    for (const text of fine) assert.deepEqual(findTaboos('a', text, here), [])
  })
})

describe('the links of a document', () => {
  it('lead to files that are there', () => {
    const dead = files
      .filter((file) => file.endsWith('.md'))
      .flatMap((file) =>
        [...readFileSync(join(ROOT, file), 'utf8').matchAll(/\]\((?!https?:|mailto:|#)([^)#\s]+)(?:#[^)]*)?\)/g)]
          .map(([, target = '']) => target)
          .filter((target) => !existsSync(join(ROOT, file, '..', target)))
          .map((target) => `${file}: ${target}`),
      )

    assert.deepEqual(dead, [])
  })
})
