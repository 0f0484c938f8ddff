import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { after, describe, it } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const LAUNCHER = fileURLToPath(new URL('../../bin/portcullis.mjs', import.meta.url))
const root = realpathSync(mkdtempSync(join(tmpdir(), 'portcullis-launcher-')))
after(() => rmSync(root, { recursive: true }))

/** A program that tells what it was started with, and obeys: `exit N`, `wait` (for a signal, draining), `hang`. */
const PROGRAM = `
const [order, value] = process.argv.slice(2)
if (order === 'wait') {
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => { process.stdout.write('drained'); process.exit(7) })
  setInterval(() => {}, 1000)
  process.stdout.write('waiting ' + process.pid + ' ')
} else if (order === 'hang') {
  setInterval(() => {}, 1000)
  process.stdout.write('waiting')
} else {
  process.emitWarning('not for you', 'ExperimentalWarning')
  let input = ''
  for await (const chunk of process.stdin) input += chunk
  process.stdout.write(JSON.stringify({ args: process.argv.slice(2), input, options: process.execArgv }))
  process.exitCode = Number(value ?? 0)
}
`

function givenCheckout(): string {
  const home = join(root, 'packages', 'gateway')
  mkdirSync(join(home, 'src'), { recursive: true })
  mkdirSync(join(root, 'node_modules', 'node', 'bin'), { recursive: true })
  symlinkSync(process.execPath, join(root, 'node_modules', 'node', 'bin', 'node'))
  writeFileSync(join(root, 'package.json'), '{"type":"module"}')
  writeFileSync(join(home, 'src', 'main.ts'), PROGRAM)
  cpSync(LAUNCHER, join(home, 'bin', 'portcullis.mjs'))
  return join(home, 'bin', 'portcullis.mjs')
}

function givenPackage(): string {
  const home = join(root, 'published')
  mkdirSync(join(home, 'dist'), { recursive: true })
  writeFileSync(join(home, 'package.json'), '{"type":"module"}')
  writeFileSync(join(home, 'dist', 'main.js'), PROGRAM)
  cpSync(LAUNCHER, join(home, 'bin', 'portcullis.mjs'))
  return join(home, 'bin', 'portcullis.mjs')
}

interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

async function finish(child: ChildProcess): Promise<Ended> {
  const { stdout, stderr } = child
  assert.ok(stdout && stderr)
  const ended = new Promise<Pick<Ended, 'code' | 'signal'>>((done) =>
    child.on('close', (code, signal) => done({ code, signal })),
  )
  return { stdout: await text(stdout), stderr: await text(stderr), ...(await ended) }
}

function start(args: readonly string[]): ChildProcess {
  return spawn(process.execPath, [...args])
}

/** Through a shell, which waits for it, in the environment of npm when it runs this script. */
function startInShell(args: readonly string[], script: string | undefined): ChildProcess {
  const env = { ...process.env, npm_lifecycle_script: script }
  return spawn('sh', ['-c', '"$0" "$@"; exit $?', process.execPath, ...args], { env })
}

const checkout = givenCheckout()
const published = givenPackage()

describe('the launcher', () => {
  for (const [where, launcher] of [
    ['in a checkout', checkout],
    ['in a published package', published],
  ] as const) {
    it(`hands on arguments and stdin, and keeps the exit code ${where}`, async () => {
      const child = start([launcher, 'exit', '3', '--json'])
      child.stdin?.end('a secret')

      const { code, stdout, stderr } = await finish(child)

      const told = JSON.parse(stdout) as { args: string[]; input: string }
      assert.deepEqual([code, told.args, told.input, stderr], [3, ['exit', '3', '--json'], 'a secret', ''])
    })

    it(`hands on SIGTERM, and waits for the end ${where}`, async () => {
      const child = start([launcher, 'wait'])
      child.stdout?.once('data', () => child.kill('SIGTERM'))

      const { code, stdout } = await finish(child)

      assert.deepEqual([code, stdout.endsWith('drained')], [7, true])
    })

    it(`ends by the signal that ended the program ${where}`, async () => {
      const child = start([launcher, 'hang'])
      child.stdout?.once('data', () => child.kill('SIGTERM'))

      assert.deepEqual((await finish(child)).signal, 'SIGTERM')
    })

    it(`ends when the shell is gone that npm has run it by ${where}`, async () => {
      for (const script of ["'portcullis'", 'portcullis serve --config gate.yaml']) {
        const shell = startInShell([launcher, 'wait'], script)
        shell.stdout?.once('data', () => shell.kill('SIGTERM'))

        assert.match((await finish(shell)).stdout, /^waiting \d+ drained$/, script)
      }
    })

    it(`stays when a shell is gone that was to leave it behind ${where}`, async () => {
      for (const script of [undefined, 'portcullis serve & sleep 1', 'pm2 start portcullis']) {
        const shell = startInShell([launcher, 'wait'], script)
        const finished = finish(shell)
        const [said] = await once(shell.stdout as Readable, 'data')
        shell.kill('SIGTERM')

        await pause(1300)
        assert.ok(process.kill(Number(String(said).split(' ')[1]), 'SIGTERM'), 'it is still there')
        assert.match((await finished).stdout, /drained$/)
      }
    })
  }

  it('runs the sources of a checkout, under the condition that names them', async () => {
    const child = start([checkout, 'exit'])
    child.stdin?.end()
    const { options } = JSON.parse((await finish(child)).stdout) as { options: string[] }
    assert.ok(
      options.some((option) => /^--conditions=.*source$/.test(option)),
      options.join(' '),
    )
  })

  it('tells a Node that is too old for the published package', async () => {
    const old = "Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.20.2' } })"
    const child = start(['--import', `data:text/javascript,${encodeURIComponent(old)}`, published, 'exit'])
    child.stdin?.end()

    const { code, stdout, stderr } = await finish(child)

    assert.deepEqual([code, stdout, stderr], [1, '', 'portcullis needs Node 24 or later; this is 20.20.2.\n'])
  })
})
