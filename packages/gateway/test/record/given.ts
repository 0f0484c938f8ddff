import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after } from 'node:test'
import { type Ending, eventIds, type Intent, type RequestEvent } from '@portcullis/auth/events'
import { prepareAuditDatabase, sqliteAudit } from '@portcullis/auth/store'
import type { Writers } from '../../src/record/index.ts'

/** Directories and databases that go when the file's tests are done. */
const goodbyes: (() => void)[] = []
after(() => {
  for (const goodbye of goodbyes.reverse()) goodbye()
})

export function givenDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'portcullis-record-'))
  goodbyes.push(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

/** An audit store in a file of its own, opened as often as one likes. */
export function givenDatabase() {
  const file = join(givenDirectory(), 'audit.db')
  return {
    file,
    open() {
      const db = new DatabaseSync(file)
      goodbyes.push(() => db.close())
      prepareAuditDatabase(db)
      return sqliteAudit(db)
    },
  }
}

export function givenSqliteStore() {
  return givenDatabase().open()
}

/** Keeps what was said, to be looked at. */
export function givenLog() {
  const said: { level: string; detail: object; message: string }[] = []
  const at = (level: string) => (detail: object, message: string) => void said.push({ level, detail, message })
  return { said, info: at('info'), warn: at('warn'), error: at('error') }
}

export const NOON = 1_800_000_000_000

export function intentOf(id: string, facts: Partial<Intent> = {}): Intent {
  return {
    type: 'request',
    id,
    at: NOON,
    server: 'files',
    tenant: undefined,
    principal: { kind: 'api-key', subject: 'claude', clientId: 'claude', credentialId: 'k1' },
    peer: '192.0.2.7',
    verb: 'POST',
    method: 'tools/call',
    name: 'read_file',
    decision: 'allowed',
    ...facts,
  }
}

export function eventOf(id: string, facts: Partial<RequestEvent> = {}): RequestEvent {
  return { ...intentOf(id), ...ANSWERED, ...facts }
}

export const ANSWERED: Ending = { outcome: 'answered', status: 200, durationMs: 2.5 }

/** Ids of the writer `process`, each a millisecond after the one before. */
export function givenIds(process = 'aaaaaa') {
  const newId = eventIds(process)
  let at = NOON
  return () => newId(at++)
}

/** Those of these processes are gone, the others live. */
export function givenGone(...gone: string[]): Writers & { add(process: string): void } {
  const all = new Set(gone)
  return { isGone: ({ process }) => all.has(process), add: (process) => void all.add(process) }
}

export function segmentsIn(directory: string): string[] {
  return readdirSync(directory).sort()
}

/** Every line of every segment. */
export function linesIn(directory: string): string[] {
  return segmentsIn(directory).flatMap((name) => readFileSync(join(directory, name), 'utf8').split('\n').slice(0, -1))
}

export const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve))

/** Waits for one acknowledgement. */
export function acknowledged(append: (written: (error?: Error) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => append((error) => (error === undefined ? resolve() : reject(error))))
}

export async function until(condition: () => boolean | Promise<boolean>, withinMs = 10_000): Promise<void> {
  const end = performance.now() + withinMs
  while (!(await condition())) {
    if (performance.now() > end) throw new Error('what was waited for did not happen')
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
