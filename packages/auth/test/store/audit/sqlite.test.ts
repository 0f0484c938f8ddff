import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { prepareAuditDatabase, sqliteAudit } from '../../../src/store/audit/index.ts'
import { auditStoreContract } from './contract.ts'

const directory = mkdtempSync(join(tmpdir(), 'portcullis-audit-'))
const opened: DatabaseSync[] = []
after(() => {
  for (const db of opened) db.close()
  rmSync(directory, { recursive: true })
})

let files = 0
function givenFile(): string {
  return join(directory, `${files++}.db`)
}

function open(file: string) {
  const db = new DatabaseSync(file)
  opened.push(db)
  prepareAuditDatabase(db)
  return db
}

auditStoreContract('sqlite', async () => {
  const file = givenFile()
  return [sqliteAudit(open(file)), sqliteAudit(open(file))]
})

it('several processes may open a new database and take in one segment at once: each event lands once', async () => {
  const file = givenFile()
  const program = fileURLToPath(new URL('ingesting-process.ts', import.meta.url))
  const children = Array.from({ length: 4 }, () =>
    spawn(process.execPath, [...process.execArgv.filter((arg) => arg.startsWith('--conditions')), program, file], {
      stdio: ['ignore', 'pipe', 'inherit'],
    }),
  )

  const won = await Promise.all(
    children.map(async (child) => {
      let text = ''
      child.stdout.on('data', (chunk) => (text += chunk))
      const [code] = await once(child, 'close')
      assert.equal(code, 0)
      return Number(text)
    }),
  )

  assert.equal(
    won.reduce((sum, each) => sum + each),
    100,
  )
  assert.equal((await sqliteAudit(open(file)).query({ limit: 10_000 })).length, 1000)
})

it('refuses a database that a later version has made', () => {
  const db = new DatabaseSync(':memory:')
  opened.push(db)
  db.exec('pragma user_version = 999')
  assert.throws(() => prepareAuditDatabase(db), /later version/)
})

it('finds by client, credential, operation, denial and openness without reading every event', () => {
  const db = open(givenFile())
  const plan = (where: string) =>
    db
      .prepare(`explain query plan select body from audit where ${where} order by id desc limit 10`)
      .all('x')
      .map(({ detail }) => detail)
      .join()
  for (const where of [
    'client_id = ?',
    'credential_id = ?',
    `type = ? and type <> 'request'`,
    `decision = ? and decision <> 'allowed'`,
    `outcome = ? and outcome = 'open'`,
  ]) {
    assert.match(plan(where), /^SEARCH audit USING INDEX/, where)
  }
})
