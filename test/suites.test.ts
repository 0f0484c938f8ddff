import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { brief, explain, type FileVerdict, judged, runFiles, tallyOf } from '../tools/suites/index.ts'

const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true })
})

const IMPORTS = `
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { before, describe, it } from 'node:test'
`

/** Runs one test file of this text, in a folder of its own. */
async function givenRunOf(text: string, seconds = 20, signal?: AbortSignal): Promise<FileVerdict> {
  const root = mkdtempSync(join(tmpdir(), 'suites-'))
  folders.push(root)
  writeFileSync(join(root, 'given.test.ts'), IMPORTS + text)
  const [verdict] = await runFiles(['given.test.ts'], {
    root,
    secondsPerFile: seconds,
    ...(signal === undefined ? {} : { signal }),
  })
  assert.ok(verdict !== undefined)
  return verdict
}

const texts = ({ failures }: FileVerdict): readonly string[] => failures.map(({ text }) => text)

describe('a test file', () => {
  it('passes when its tests do and its process ends well', async () => {
    const verdict = await givenRunOf(`describe('a', () => { it('b', () => {}) }); it('c', () => {})`)

    assert.deepEqual(tallyOf(verdict), { passed: 2, failed: 0, skipped: 0 })
  })

  it('fails with its tests, and tells where and why in words of the assertion', async () => {
    const verdict = await givenRunOf(`describe('a', () => { it('b', () => { assert.equal(1, 2, 'one is not two') }) })`)

    assert.deepEqual(tallyOf(verdict), { passed: 0, failed: 1, skipped: 0 })
    assert.match(explain(verdict), /given\.test\.ts:5\n {2}a › b\n.*one is not two/)
    assert.doesNotMatch(explain(verdict), /node:internal/)
    assert.match(brief(verdict), /1 FAILED/)
  })

  it('fails when what its tests need cannot be set up', async () => {
    const verdict = await givenRunOf(
      `describe('a', () => { before(() => { throw new Error('no such thing') }); it('b', () => {}) })`,
    )

    assert.equal(verdict.passed, 0)
    assert.ok(texts(verdict).some((text) => text.includes('no such thing')))
  })

  it('fails when it ends before its tests do', async () => {
    const verdict = await givenRunOf(`it('a', async () => { process.exit(0) }); it('b', () => {})`)

    assert.deepEqual(tallyOf(verdict), { passed: 0, failed: 1, skipped: 0 })
  })

  it('fails when it holds no test, cannot be read, or throws after its tests', async () => {
    const [empty, unreadable, late] = [
      await givenRunOf(''),
      await givenRunOf(`import './no-such-file.ts'`),
      await givenRunOf(`it('a', () => { setTimeout(() => { throw new Error('too late') }, 20) })`),
    ]

    assert.match(String(texts(empty)), /holds no test/)
    assert.match(explain(unreadable), /no-such-file/)
    assert.match(String(texts(late)), /too late/)
  })

  it('fails when it hangs, whatever it makes of signals, and names the test it hangs in', async () => {
    const hanging = `
      process.on('SIGTERM', () => {})
      it('goes on forever', async () => { await new Promise(() => setInterval(() => {}, 1000)) })`

    const verdict = await givenRunOf(hanging, 1.5)

    assert.deepEqual(texts(verdict), ['not done after 1.5 s, in: goes on forever'])
  })

  it('is ended with its children when the whole run is', async () => {
    const child = `it('a', async () => { spawn('sleep', ['61.5']); await new Promise(() => setInterval(() => {}, 1000)) })`

    const verdict = await givenRunOf(child, 20, AbortSignal.timeout(1500))

    assert.match(String(texts(verdict)), /ended by SIGKILL/)
    assert.ok(verdict.seconds < 10)
  })
})

describe('what a test file leaves behind', { skip: process.platform !== 'linux' && 'run it on Linux' }, () => {
  const detached = (then: string, env = '') =>
    `it('a', async () => {
       const child = spawn('sleep', ['62.5'], { detached: true, stdio: 'ignore' ${env} })
       child.unref()
       console.log('pid', child.pid)
       ${then}
     })`

  /** A process that has ended may still have an entry, as a zombie. */
  const isAlive = (pid: number): boolean => {
    const stat = existsSync(`/proc/${pid}/stat`) ? readFileSync(`/proc/${pid}/stat`, 'utf8') : ') Z'
    return !stat.includes(') Z')
  }
  const pidIn = ({ output }: FileVerdict): number => Number(/pid (\d+)/.exec(output)?.[1])

  it('is found and ended, and fails it', async () => {
    const verdict = await givenRunOf(detached(''))

    assert.match(String(texts(verdict)), /left a process behind, now ended: sleep 62\.5/)
    await sleep(50)
    assert.equal(isAlive(pidIn(verdict)), false)
  })

  it('is found without a trace of the test in its environment', async () => {
    const verdict = await givenRunOf(detached('await new Promise((r) => setTimeout(r, 500))', ', env: {}'))

    assert.match(String(texts(verdict)), /sleep 62\.5/)
  })

  it('is nothing when its children end soon after it', async () => {
    const verdict = await givenRunOf(`it('a', () => { spawn('sleep', ['0.5'], { detached: true }).unref() })`)

    assert.deepEqual(tallyOf(verdict), { passed: 1, failed: 0, skipped: 0 })
  })
})

describe('a skipped test', () => {
  const SKIPS = `it('a', { skip: 'install nginx' }, () => {}); it('b', () => {})`

  it('says in one line what it needs', async () => {
    const verdict = await givenRunOf(SKIPS)

    assert.deepEqual(tallyOf(verdict), { passed: 1, failed: 0, skipped: 1 })
    assert.equal(explain(verdict), 'skipped: given.test.ts, a: install nginx')
  })

  it('fails where everything is there that a test may need', async () => {
    const tally = tallyOf(await givenRunOf(SKIPS))

    assert.deepEqual(judged(tally, true), { passed: 1, failed: 1, skipped: 0 })
    assert.deepEqual(judged(tally, false), tally)
  })
})

it('files that do not begin in time fail', async () => {
  const root = mkdtempSync(join(tmpdir(), 'suites-'))
  folders.push(root)

  const verdicts = await runFiles(['a.test.ts', 'b.test.ts'], { root, secondsInAll: 0 })

  assert.deepEqual(
    verdicts.map(({ failures }) => failures[0]?.text),
    ['not begun: all files had 0 s together', 'not begun: all files had 0 s together'],
  )
})
