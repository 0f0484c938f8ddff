import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { givenDirectory } from './given.ts'

const PROGRAM = fileURLToPath(new URL('full-disk-process.ts', import.meta.url))

interface Phase {
  readonly acknowledged: readonly string[]
  readonly refused: number
}
interface Report {
  readonly code: string
  readonly filling: Phase
  readonly full: Phase
  readonly after: Phase
  /** All segments in their order. */
  readonly text: string
}

function run(shell: readonly string[], directory: string, ballast: number): Report {
  const [command = '', ...rest] = shell
  const flags = process.execArgv.filter((arg) => arg.startsWith('--conditions'))
  const args = [...rest, directory, process.execPath, ...flags, PROGRAM, directory, String(ballast)]
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' })
  assert.equal(status, 0, stderr)
  return JSON.parse(stdout) as Report
}

function assertNothingTorn({ filling, full, after, text }: Report): void {
  const lines = text.split('\n')
  assert.equal(lines.pop(), '')
  assert.deepEqual(lines, [...filling.acknowledged, ...full.acknowledged, ...after.acknowledged])
}

/** A file system of 256 KiB, in a namespace that goes with its process. */
const SMALL_DISK = ['unshare', '-Urm', 'sh', '-c', 'mount -t tmpfs -o size=256k tmpfs "$0" && exec "$@"']
const canMount = spawnSync(SMALL_DISK[0] as string, [...SMALL_DISK.slice(1), '/mnt', 'true']).status === 0

it('on a full disk calls are refused, and taken again when there is room', {
  skip: !canMount && 'allow user namespaces on this machine (unshare -Urm has to work)',
}, () => {
  const report = run(SMALL_DISK, givenDirectory(), 128 * 1024)

  assert.equal(report.code, 'ENOSPC')
  assert.ok(report.filling.acknowledged.length > 100)
  assert.ok(report.filling.refused > 0)
  assert.equal(report.full.refused, 1)
  assert.equal(report.after.refused, 0)
  assertNothingTorn(report)
})

it('a limit on the size of files costs the calls of one turn, not more', () => {
  const report = run(['sh', '-c', 'ulimit -f 64 && exec "$@"'], givenDirectory(), 0)

  assert.equal(report.code, 'EFBIG')
  assert.ok(report.filling.acknowledged.length > 50)
  assert.ok(report.filling.refused > 0)
  assert.equal(report.full.refused + report.after.refused, 0)
  assertNothingTorn(report)
})
