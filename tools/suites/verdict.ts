import type { Ending } from './bounded.ts'
import type { Line } from './report-events.ts'

export interface Failure {
  readonly name: string
  /** Of the test in its file; 0 when it is the file that failed. */
  readonly line: number
  readonly text: string
}

export interface Skip {
  readonly name: string
  /** How to get what the test needs. */
  readonly reason: string
}

export interface FileVerdict {
  readonly file: string
  readonly passed: number
  readonly failures: readonly Failure[]
  readonly skips: readonly Skip[]
  /** What the file wrote, when it failed. */
  readonly output: string
  readonly seconds: number
}

/** Judges a file by what its tests said and by how its process ended: both have to be good. */
export function judge(lines: readonly Line[], ending: Ending): Pick<FileVerdict, 'passed' | 'failures' | 'skips'> {
  const failures: Failure[] = []
  const skips: Skip[] = []
  let passed = 0
  for (const line of lines) {
    if (line.kind === 'passed') passed += 1
    else if (line.kind === 'skipped') skips.push({ name: line.name, reason: line.reason })
    else if (line.kind === 'failed') failures.push({ name: line.name, line: line.line, text: line.text })
  }
  const broken = breakdown(lines, ending, failures.length > 0)
  if (broken !== undefined) failures.push({ name: 'the file as a whole', line: 0, text: broken })
  for (const command of ending.left)
    failures.push({ name: 'the file as a whole', line: 0, text: `left a process behind, now ended: ${command}` })
  return { passed, failures, skips }
}

function breakdown(lines: readonly Line[], ending: Ending, explained: boolean): string | undefined {
  const { code, signal, lateAfter } = ending
  if (lateAfter !== undefined) return `not done after ${lateAfter} s${unfinished(lines)}`
  if (signal !== null) return `ended by ${signal}${unfinished(lines)}`
  const remarks = lines.flatMap((line) => (line.kind === 'remark' ? [`\n${line.text}`] : [])).join('')
  if (code !== 0 && !explained) return `exit code ${code}${unfinished(lines)}${remarks}`
  if (!lines.some(({ kind }) => kind === 'complete')) {
    if (code !== 0) return `exit code ${code}`
    return lines.length === 0 ? 'holds no test, or ended before the first' : `ended early${unfinished(lines)}`
  }
  return undefined
}

/** Names the tests that began and did not end. */
function unfinished(lines: readonly Line[]): string {
  const open: string[] = []
  for (const line of lines) {
    if (line.kind === 'begun') open.push(line.name)
    else if (line.kind === 'ended' && open.includes(line.name)) open.splice(open.lastIndexOf(line.name), 1)
  }
  return open.length > 0 ? `, in: ${open.join(' › ')}` : ''
}

/** One line about a file. */
export function brief({ file, passed, failures, skips, seconds }: FileVerdict): string {
  const counts = [`${passed} passed`]
  if (failures.length > 0) counts.push(`${failures.length} FAILED`)
  if (skips.length > 0) counts.push(`${skips.length} skipped`)
  return `${failures.length > 0 ? '✗' : '✓'} ${file}  ${counts.join(', ')}  ${seconds.toFixed(1)} s`
}

/** Everything there is to say about the failures of a file, and a line for each skip. */
export function explain({ file, failures, skips, output }: FileVerdict): string {
  const parts = failures.map(({ name, line, text }) => {
    const place = line > 0 ? `${file}:${line}` : file
    return `\n✗ ${place}\n  ${name}\n${indent(text)}`
  })
  if (failures.length > 0 && output.trim() !== '') parts.push(`\n  what ${file} wrote:\n${indent(output)}`)
  for (const { name, reason } of skips) parts.push(`skipped: ${file}, ${name}: ${reason}`)
  return parts.join('\n')
}

/** The most that is shown of one text, in lines. */
const SHOWN = 80

function indent(text: string): string {
  const lines = text.trimEnd().split('\n')
  const shown = lines.length > SHOWN ? [`(${lines.length - SHOWN} lines left out)`, ...lines.slice(-SHOWN)] : lines
  return shown.map((line) => `    ${line}`).join('\n')
}
