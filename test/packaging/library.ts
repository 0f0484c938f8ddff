/** The library as others install it: alone, on each runtime that it speaks of, and as small as it promises. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { gzipSync } from 'node:zlib'
import { answerOf, freePort, install, nodeOf, run, tools } from './outside.ts'

/** The oldest that the library says it runs on, and the newest of the line between that one and ours. */
const FURTHER_NODES = ['20.12.0', '22.23.3']

/** What the library does with keys (`facts.js`), whatever it runs on. */
const FACTS = {
  isIssued: true,
  fixed: 'env-d4a6c2ea',
  wrong: 'key_invalid',
  revoked: 'key_revoked',
  digest: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
}

/** What others bundle, minified and gzipped, with jose: at most so many bytes. The aim is 30 000 for the last one, too. */
const SIZES: readonly (readonly [names: readonly string[], from: string, bytes: number])[] = [
  [['Guard', 'toReply'], '@portcullis/auth/guard', 18_000],
  [['guard', 'apiKeys'], '@portcullis/auth', 30_000],
  [['guard', 'apiKeys', 'oauth'], '@portcullis/auth', 36_500],
]

interface Bundle {
  readonly text: string
  /** Files of which something is in it. */
  readonly inputs: readonly string[]
}

export function describeLibraryAlone(tarball: () => string): void {
  const home = realpathSync(mkdtempSync(join(tmpdir(), 'portcullis-alone-')))
  const installed = join(home, 'node_modules', '@portcullis', 'auth')
  after(() => rmSync(home, { recursive: true }))
  before(() => {
    install(home, tarball())
    for (const file of ['facts.js', 'worker.js']) copyFileSync(join(import.meta.dirname, file), join(home, file))
  })

  function bundle(source: string, conditions: string): Bundle {
    writeFileSync(join(home, 'entry.js'), source)
    const options = ['--bundle', '--minify', '--format=esm', '--platform=neutral', '--main-fields=module,main']
    const files = ['--external:node:*', '--metafile=meta.json', '--outfile=bundle.js', '--log-level=error']
    const esbuild = join(tools(), 'esbuild', 'bin', 'esbuild')
    const args = [esbuild, 'entry.js', ...options, `--conditions=${conditions},import`, ...files]
    run(process.execPath, args, { cwd: home })
    const { outputs } = JSON.parse(readFileSync(join(home, 'meta.json'), 'utf8')) as {
      outputs: Record<string, { inputs: Record<string, { bytesInOutput: number }> }>
    }
    const inputs = Object.entries(outputs['bundle.js']?.inputs ?? {})
    const used = inputs.filter(([, { bytesInOutput }]) => bytesInOutput > 0).map(([file]) => file)
    return { text: readFileSync(join(home, 'bundle.js'), 'utf8'), inputs: used }
  }

  const show = (names: readonly string[], from: string) =>
    `import { ${names.join(', ')} } from '${from}'\nconsole.log(${names.join(', ')})`

  describe('the library alone', () => {
    it('is two packages, itself and jose, and asks for nothing beside them', () => {
      const lock = JSON.parse(readFileSync(join(home, 'node_modules', '.package-lock.json'), 'utf8')) as {
        packages: Record<string, Record<string, object>>
      }

      assert.deepEqual(Object.keys(lock.packages).toSorted(), ['node_modules/@portcullis/auth', 'node_modules/jose'])
      for (const facts of Object.values(lock.packages)) {
        for (const kind of ['peerDependencies', 'optionalDependencies', 'hasInstallScript']) {
          assert.ok(!(kind in facts), kind)
        }
      }
    })

    for (const version of [process.versions.node, ...FURTHER_NODES]) {
      it(`does all that it does elsewhere, and at once, on Node ${version}`, () => {
        const isOurs = version === process.versions.node
        const node = isOurs ? process.execPath : nodeOf(version, join(home, `node-${version}`))
        const { exports } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')) as { exports: object }
        const paths = Object.keys(exports).map((path) => path.replace(/^\./, '@portcullis/auth'))
        const script = [
          `for (const path of ${JSON.stringify(paths)}) if (Object.keys(await import(path)).length === 0) throw path`,
          `console.log(JSON.stringify([process.versions.node, await (await import('./facts.js')).facts()]))`,
        ]

        const told = JSON.parse(run(node, ['--input-type=module', '--eval', script.join('\n')], { cwd: home }))

        assert.deepEqual(told, [version, { isAtOnce: true, ...FACTS }])
      })
    }

    const others: readonly (readonly [name: string, program: () => string, args: readonly string[]])[] = [
      ['Deno', () => programIn('@deno', /^(linux|darwin|win32)/, 'deno'), ['run', '--node-modules-dir=manual']],
      ['Bun', () => programIn('@oven', /^bun-/, join('bin', 'bun')), []],
    ]
    for (const [name, program, args] of others) {
      it(`does the same, and at once, on ${name}`, () => {
        const script = `import { facts } from './facts.js'\nconsole.log(JSON.stringify(await facts()))\n`
        writeFileSync(join(home, 'told.js'), script)

        const told = JSON.parse(run(program(), [...args, 'told.js'], { cwd: home }))

        assert.deepEqual(told, { isAtOnce: true, ...FACTS })
      })
    }

    it('does the same by promise on workerd, without what that has of Node', async () => {
      const { text, inputs } = bundle(`export { default } from './worker.js'`, 'workerd')
      assert.ok(!text.includes('node:'))
      assert.ok(inputs.some((file) => file.endsWith('/runtime.web.js')))
      const worker = await startWorker(home)
      try {
        const facts = await answerOf(`${worker.url}/facts`, {})
        assert.deepEqual(await facts.json(), { isAtOnce: false, ...FACTS })
        const endpoint = `${worker.url}/notes/mcp`
        assert.equal((await fetch(endpoint, { method: 'POST', body: '{}' })).status, 401)
        const headers = { authorization: 'Bearer a-key-in-clear-0123456789-abcdefghijkl' }
        const body = '{"jsonrpc":"2.0","id":1,"method":"ping"}'
        assert.equal(await (await fetch(endpoint, { method: 'POST', headers, body })).json(), FACTS.fixed)
      } finally {
        await worker.stop()
      }
    })

    it('would be found to need Node where it had taken the wrong runtime', async () => {
      const { text, inputs } = bundle(`export { default } from './worker.js'`, 'node')

      assert.ok(text.includes('node:crypto') && inputs.some((file) => file.endsWith('/runtime.node.js')))
      const worker = await startWorker(home)
      assert.notEqual(await worker.ended, 0)
    })

    it('is packed as publint and attw would have it', () => {
      run(process.execPath, [join(tools(), 'publint', 'src', 'cli.js'), '--strict', installed], { cwd: home })
      const attw = join(tools(), '@arethetypeswrong', 'cli', 'dist', 'index.js')
      run(process.execPath, [attw, '--profile', 'esm-only', tarball()], { cwd: home })
    })
  })

  describe('a bundle of the guard', () => {
    for (const [names, from, most] of SIZES) {
      it(`(${names.join(', ')}) is at most ${most} bytes, gzipped, and holds no store`, (test) => {
        for (const conditions of ['node', 'workerd']) {
          const bundled = bundle(show(names, from), conditions)
          const bytes = gzipSync(bundled.text, { level: 9 }).length

          test.diagnostic(`${conditions}: ${bundled.text.length} bytes minified, ${bytes} gzipped`)
          assert.ok(bytes <= most, `${bytes} bytes for ${conditions}`)
          assert.deepEqual(foreign(bundled), [])
        }
      })
    }

    it('would be found to hold a store', () => {
      const store = show(['sqliteCredentials'], '@portcullis/auth/store')

      assert.ok(foreign(bundle(store, 'node')).length >= 2)
      assert.deepEqual(foreign({ text: `import 'node:sqlite'`, inputs: [] }), ['node:sqlite'])
    })
  })
}

/** What has no place in a bundle of the guard: stores, what issues keys, adapters; SQL, and what would run it. */
function foreign({ text, inputs }: Bundle): readonly string[] {
  const rooms = inputs.filter((file) => /auth\/dist\/(?:store|keys|adapters)\//.test(file))
  const words = text.match(/node:sqlite|\b(?:insert into|create table|delete from|select \*|pragma) ?/gi) ?? []
  return [...rooms, ...words]
}

/** The program that npm has installed for this machine under a scope. */
function programIn(scope: string, names: RegExp, program: string): string {
  const folder = join(tools(), scope)
  const found = readdirSync(folder).filter((name) => names.test(name))
  const file = process.platform === 'win32' ? `${program}.exe` : program
  const programs = found.map((name) => join(folder, name, file)).filter((path) => existsSync(path))
  assert.ok(programs[0] !== undefined, `${scope} has no program for this machine`)
  return programs[0]
}

/** Serves `bundle.js` as a Worker, on loopback, without any of workerd's flags for Node. */
async function startWorker(home: string) {
  const port = await freePort()
  const config = `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = .worker)],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")],
);
const worker :Workerd.Worker = (
  modules = [(name = "bundle.js", esModule = embed "bundle.js")],
  compatibilityDate = "2026-01-01",
);
`
  writeFileSync(join(home, 'config.capnp'), config)
  const { default: program } = createRequire(join(tools(), 'any.js'))('workerd') as { default: string }
  const child = spawn(program, ['serve', join(home, 'config.capnp')], { cwd: home, stdio: 'ignore' })
  const ended = once(child, 'exit').then(([code]) => code as number | null)
  return {
    url: `http://127.0.0.1:${port}`,
    ended,
    stop: async () => {
      child.kill()
      await ended
    },
  }
}
