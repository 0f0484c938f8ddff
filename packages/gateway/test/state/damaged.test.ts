import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, it } from 'node:test'
import { storedDigest } from '@portcullis/auth/crypto'
import { openAudit, openStores, openStoresForCommand } from '../../src/state/index.ts'

const directory = mkdtempSync(join(tmpdir(), 'portcullis-damaged-'))
after(() => rmSync(directory, { recursive: true }))
let states = 0

/** A database with a thousand keys, which nobody has open. */
async function given(): Promise<{ file: string; state: string }> {
  const state = join(directory, String(++states))
  const file = join(state, 'gate.db')
  const stores = openStores({ kind: 'sqlite', file })
  const records = Array.from({ length: 1000 }, (_, at) => ({
    id: String(at).padStart(16, '0'),
    kind: 'api-key' as const,
    digest: storedDigest(hash('sha256', String(at), 'buffer')),
    clientId: 'c'.repeat(16),
    server: 'tools',
    name: `key ${at}`,
    createdAt: 1000,
  }))
  await stores.credentials.insertMany(records)
  stores.close()
  return { file, state }
}

/** What a directory holds, as digests. */
function contentOf(state: string): Record<string, string> {
  return Object.fromEntries(readdirSync(state).map((name) => [name, hash('sha256', readFileSync(join(state, name)))]))
}

function damage(file: string, from: number, length: number): void {
  const bytes = readFileSync(file)
  bytes.fill(0x5a, from, from + length)
  writeFileSync(file, bytes)
}

for (const [what, spoil] of [
  ['begins with something else', (file) => damage(file, 0, 4096)],
  ['is a text', (file) => writeFileSync(file, 'This is a text and no database at all.\n'.repeat(200))],
  ['has damaged pages in its middle', (file) => damage(file, 40_960, 16_384)],
  ['was cut in half', (file) => writeFileSync(file, readFileSync(file).subarray(0, 60_000))],
  [
    'is empty beside a log that is not',
    (file) => {
      writeFileSync(file, '')
      writeFileSync(`${file}-wal`, 'all there was')
    },
  ],
] as const satisfies readonly (readonly [string, (file: string) => void])[]) {
  it(`a database that ${what} is not served from, is named and stays as it is`, async () => {
    const { file, state } = await given()
    spoil(file)
    const before = contentOf(state)

    assert.throws(
      () => openStores({ kind: 'sqlite', file }),
      ({ name, message }: Error) =>
        name === 'DatabaseFault' &&
        message.startsWith(`${file} is damaged, or no database (`) &&
        message.includes('backup'),
    )

    assert.deepEqual(contentOf(state), before)
  })
}

it('a search database that is none is named and stays as it is', () => {
  const state = join(directory, String(++states))
  mkdirSync(state)
  writeFileSync(join(state, 'audit.db'), 'x'.repeat(5000))

  assert.throws(
    () => openAudit({ kind: 'sqlite', file: join(state, 'gate.db') }),
    /audit\.db is damaged, or no database/,
  )

  assert.deepEqual(contentOf(state), { 'audit.db': hash('sha256', 'x'.repeat(5000)) })
})

it('a place where no database can be is named', () => {
  const file = join(directory, 'a directory')
  mkdirSync(file)

  assert.throws(
    () => openStoresForCommand({ kind: 'sqlite', file }),
    new RegExp(`^DatabaseFault: ${file}: unable to open`),
  )
})

it('a database of a later version is named', async () => {
  const { file } = await given()
  const db = new DatabaseSync(file)
  db.exec('pragma user_version = 1000')
  db.close()

  assert.throws(() => openStores({ kind: 'sqlite', file }), new RegExp(`^DatabaseFault: ${file}: .*later version`))
})

it('an empty file is a new database, and one that was not closed is whole', async () => {
  const { file, state } = await given()
  const open = openStores({ kind: 'sqlite', file })
  await open.credentials.revoke('0'.repeat(16), 5)
  const copy = join(state, 'copy.db')
  for (const end of ['', '-wal']) copyFileSync(file + end, copy + end)
  open.close()
  writeFileSync(join(state, 'new.db'), '')

  const [copied, empty] = ['copy.db', 'new.db'].map((name) => openStores({ kind: 'sqlite', file: join(state, name) }))

  assert.equal((await copied?.credentials.find('0'.repeat(16)))?.revokedAt, 5)
  assert.equal(await empty?.credentials.count(), 0)
  copied?.close()
  empty?.close()
})
