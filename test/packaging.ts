/**
 * What others install: the packages are built, packed and installed into an empty folder, and have to work there.
 * Needs the registry for the dependencies, so it belongs to `npm run check` and not to `npm test`.
 */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { describeLibraryAlone } from './packaging/library.ts'
import * as outside from './packaging/outside.ts'
import { ROOT } from './sources.ts'

interface Packed {
  readonly name: string
  readonly filename: string
  readonly files: readonly { readonly path: string }[]
}
interface Manifest {
  readonly version: string
  readonly exports: Readonly<Record<string, string | Readonly<Record<string, string>>>>
  readonly dependencies?: Readonly<Record<string, string>>
}

const PACKAGES = ['auth', 'issuer', 'gateway'] as const
const home = realpathSync(mkdtempSync(join(tmpdir(), 'portcullis-packed-')))
after(() => rmSync(home, { recursive: true }))

const manifestOf = (name: string) =>
  JSON.parse(readFileSync(join(ROOT, 'packages', name, 'package.json'), 'utf8')) as Manifest

const { answerOf, environment, freePort } = outside
const run = (command: string, args: readonly string[], options: { readonly cwd?: string } = {}): string =>
  outside.run(command, args, { cwd: home, ...options })

/** This Node, and the machine's own where it is another one that the library speaks of. */
function nodes(): readonly string[] {
  const other = outside.searchPath.map((folder) => join(folder, 'node')).find((file) => existsSync(file))
  if (other === undefined || realpathSync(other) === realpathSync(process.execPath)) return [process.execPath]
  const [major = 0, minor = 0] = run(other, ['-p', 'process.versions.node']).split('.').map(Number)
  return major > 20 || (major === 20 && minor >= 12) ? [process.execPath, other] : [process.execPath]
}

let packed: readonly Packed[] = []
before(() => {
  run(process.execPath, [join(ROOT, 'tools', 'build.ts')], { cwd: ROOT })
  const workspaces = PACKAGES.flatMap((name) => ['--workspace', `packages/${name}`])
  const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', home, ...workspaces]
  packed = Object.values(JSON.parse(run('npm', args, { cwd: ROOT })) as Record<string, Packed>)
  writeFileSync(join(home, 'package.json'), '{ "private": true, "type": "module" }')
  const tarballs = packed.map(({ filename }) => `./${filename}`)
  run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error', ...tarballs])
})

describe('a packed package', () => {
  for (const name of PACKAGES) {
    it(`holds its modules, licence and README, and nothing else (${name})`, () => {
      const files = packed.find((one) => one.name === `@portcullis/${name}`)?.files.map(({ path }) => path) ?? []
      const own = name === 'gateway' ? ['bin/portcullis.mjs', 'portcullis.schema.json'] : []
      const modules = files.filter((path) => path.startsWith('dist/'))

      assert.deepEqual(
        files.filter((path) => !modules.includes(path)).toSorted(),
        ['LICENSE', 'README.md', 'package.json', ...own].toSorted(),
      )
      assert.deepEqual(
        modules.filter((path) => !(path.endsWith('.js') || (name !== 'gateway' && path.endsWith('.d.ts')))),
        [],
      )
      assert.ok(modules.length > 10)
    })
  }

  it('brings along what it declares, and no more', () => {
    const tree = JSON.parse(run('npm', ['ls', '--all', '--json'])) as {
      dependencies: Record<string, { dependencies?: object }>
    }

    for (const name of PACKAGES) {
      assert.deepEqual(
        Object.keys(tree.dependencies[`@portcullis/${name}`]?.dependencies ?? {}).toSorted(),
        Object.keys(manifestOf(name).dependencies ?? {}).toSorted(),
      )
    }
    assert.deepEqual(Object.keys(manifestOf('auth').dependencies ?? {}), ['jose'], 'the library has one dependency')
  })
})

describe('the gate, installed', () => {
  it('is there as a command and says its version', () => {
    const { version } = manifestOf('gateway')

    assert.equal(
      run('npx', ['--no-install', 'portcullis', 'version']),
      `portcullis ${version} (Node ${process.versions.node})\n`,
    )
  })

  it('checks a configuration', () => {
    const file = join(home, 'portcullis.yaml')
    writeFileSync(file, 'servers: { notes: { upstream: { url: "http://127.0.0.1:9/mcp" }, access: [api-key] } }\n')

    run('npx', ['--no-install', 'portcullis', 'check', '--config', file])
  })

  it('signs people in', async () => {
    const port = await freePort()
    const file = join(home, 'signing.yaml')
    const server = '{ upstream: { url: "http://127.0.0.1:9/mcp" }, access: [oauth] }'
    writeFileSync(file, `listen: { port: ${port} }\nstore: sqlite:./signing/gate.db\nservers: { notes: ${server} }\n`)
    const bin = join(home, 'node_modules', '.bin', 'portcullis')
    const gate = spawn(bin, ['serve', '--config', file], { cwd: home, env: environment, stdio: 'ignore' })
    try {
      await answerOf(`http://127.0.0.1:${port}/notes/mcp`)
      const metadata = await fetch(`http://127.0.0.1:${port}/.well-known/oauth-authorization-server`)

      assert.equal(((await metadata.json()) as { issuer: string }).issuer, `http://127.0.0.1:${port}`)
    } finally {
      gate.kill('SIGTERM')
      if (gate.exitCode === null) await once(gate, 'exit')
    }
  })

  it('serves, and turns away who has no key', async () => {
    const port = await freePort()
    const file = join(home, 'served.yaml')
    const server = '{ upstream: { url: "http://127.0.0.1:9/mcp" }, access: [api-key] }'
    writeFileSync(file, `listen: { port: ${port} }\nstore: sqlite:./state/gate.db\nservers: { notes: ${server} }\n`)
    const bin = join(home, 'node_modules', '.bin', 'portcullis')
    const gate = spawn(bin, ['serve', '--config', file], { cwd: home, env: environment, stdio: 'ignore' })
    try {
      const { status, headers } = await answerOf(`http://127.0.0.1:${port}/notes/mcp`)

      assert.equal(status, 401)
      assert.match(headers.get('www-authenticate') ?? '', /^Bearer /)
    } finally {
      gate.kill('SIGTERM')
      if (gate.exitCode === null) await once(gate, 'exit')
    }
  })
})

describe('the library, installed', () => {
  const subpaths = Object.keys(manifestOf('auth').exports).map((path) => path.replace(/^\./, '@portcullis/auth'))

  for (const node of nodes()) {
    it(`can be imported whole (${node})`, () => {
      const script = `for (const name of ${JSON.stringify(subpaths)}) if (Object.keys(await import(name)).length === 0) throw name`

      run(node, ['--input-type=module', '--eval', script])
    })

    it(`does what its README shows (${node})`, async () => {
      const port = await freePort()
      const readme = readFileSync(join(home, 'node_modules', '@portcullis', 'auth', 'README.md'), 'utf8')
      const [, example = ''] = /```js\n([^`]*(?:`[^`]+)*?)```/.exec(readme) ?? []
      writeFileSync(join(home, 'example.js'), example.replaceAll('8080', String(port)))
      const child = spawn(node, ['example.js'], { cwd: home, env: environment, stdio: ['ignore', 'pipe', 'inherit'] })
      try {
        const [line] = (await once(child.stdout, 'data')) as [Buffer]
        const key = /Authorization: (Bearer \S+)/.exec(line.toString())?.[1] ?? ''
        const url = `http://127.0.0.1:${port}/notes/mcp`
        const call = (name: string, headers: Readonly<Record<string, string>>) => {
          const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name } })
          return fetch(url, { method: 'POST', body, headers: { 'content-type': 'application/json', ...headers } })
        }

        assert.equal((await answerOf(url)).status, 401)
        assert.equal((await call('read_note', {})).status, 401)
        assert.match(await (await call('read_note', { authorization: key })).text(), /api-key calls read_note/)
        assert.match(await (await call('drop_note', { authorization: key })).text(), /Unknown tool: drop_note/)
      } finally {
        child.kill()
      }
    })
  }

  it('has an issuer that does what its README shows', async () => {
    const port = await freePort()
    const readme = readFileSync(join(home, 'node_modules', '@portcullis', 'issuer', 'README.md'), 'utf8')
    const [, example = ''] = /```js\n(.*?)```/s.exec(readme) ?? []
    writeFileSync(join(home, 'issuer.js'), example.replaceAll('8080', String(port)))
    const child = spawn(process.execPath, ['issuer.js'], {
      cwd: home,
      env: environment,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    try {
      const [line] = (await once(child.stdout, 'data')) as [Buffer]
      const metadata = await fetch(`http://127.0.0.1:${port}/.well-known/oauth-authorization-server`)

      assert.match(line.toString(), /\/account\/setup#[A-Za-z0-9_-]{43}\n$/)
      assert.equal(((await metadata.json()) as { issuer: string }).issuer, `http://127.0.0.1:${port}`)
    } finally {
      child.kill()
    }
  })

  it('has types that a strict compiler takes', () => {
    const imports = subpaths.map((path, index) => `import * as room${index} from '${path}'\nexport { room${index} }`)
    writeFileSync(join(home, 'consumer.ts'), imports.join('\n'))
    const options = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2024', '--skipLibCheck', 'false']

    run(process.execPath, [join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc'), ...options, 'consumer.ts'])
  })
})

describeLibraryAlone(() => join(home, packed.find(({ name }) => name === '@portcullis/auth')?.filename ?? ''))
