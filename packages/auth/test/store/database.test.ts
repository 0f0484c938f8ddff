import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { backup, constants, type DatabaseSync } from 'node:sqlite'
import { it } from 'node:test'
import { prepareDatabase, type SqliteDatabase, sqliteCredentials, sqliteSessions } from '../../src/store/index.ts'
import { connect, newFile, prepared } from './databases.ts'
import { givenRecord, idOf, NOON } from './given.ts'

function numberOf(db: DatabaseSync, pragma: string): number {
  return Number(Object.values(db.prepare(`pragma ${pragma}`).get() ?? {})[0])
}

/** The database itself, and beside it how durable each commit was: 1 for normal, 2 for full. */
function givenObserved(file = newFile()): { db: SqliteDatabase; commits: number[]; real: DatabaseSync } {
  const real = prepared(file)
  const commits: number[] = []
  const db: SqliteDatabase = {
    prepare: (sql) => real.prepare(sql),
    exec(sql) {
      if (sql === 'commit') commits.push(numberOf(real, 'synchronous'))
      real.exec(sql)
    },
  }
  return { db, commits, real }
}

it('what ends or makes a credential is on the disk before the answer; what is merely noted need not be', async () => {
  const { db, commits, real } = givenObserved()
  const store = sqliteCredentials(db)
  const sessions = sqliteSessions(db)
  const durable = async (work: () => unknown) => {
    commits.length = 0
    await work()
    return commits.every((level) => level === 2) && commits.length > 0
  }

  assert.equal(await durable(() => store.insert(givenRecord(1))), true)
  assert.equal(await durable(() => store.insertMany([givenRecord(2), givenRecord(3)])), true)
  assert.equal(await durable(() => store.revoke(idOf(3), NOON)), true)
  assert.equal(await durable(() => store.rotate(idOf(1), givenRecord(4), NOON + 60, NOON)), true)
  assert.equal(await durable(() => store.replace(idOf(2), idOf(4), NOON + 60, NOON)), true)
  assert.equal(await durable(() => store.touch(new Map([[idOf(1), NOON]]))), false)
  assert.equal(await durable(() => sessions.touch(new Map([['x', NOON]]))), false)
  assert.equal(numberOf(real, 'synchronous'), 1)
})

it('a durable change that fails leaves the database as quick as it was, and usable', async () => {
  const { db, real } = givenObserved()
  const store = sqliteCredentials(db)
  await store.insert(givenRecord(1))

  await assert.rejects(async () => store.insert(givenRecord(1)))

  assert.equal(numberOf(real, 'synchronous'), 1)
  assert.equal(real.isTransaction, false)
  assert.equal(await store.revoke(idOf(1), NOON), 'revoked')
})

it('a database that has no room says so, changes nothing, and goes on when there is room again', async () => {
  const db = prepared()
  const store = sqliteCredentials(db)
  await store.insert(givenRecord(1))
  const pages = numberOf(db, 'page_count')
  db.exec(`pragma max_page_count = ${pages + 1}`)

  const many = Array.from({ length: 2000 }, (_, at) => givenRecord(at + 2, { notes: 'x'.repeat(500) }))
  await assert.rejects(async () => store.insertMany(many), /full/)
  assert.equal(await store.count(), 1)

  db.exec('pragma max_page_count = 1000000')
  await store.insertMany(many)
  assert.equal(await store.count(), 2001)
})

it('the log is written ahead, and what another process writes is waited for', () => {
  const db = prepared()

  assert.equal(Object.values(db.prepare('pragma journal_mode').get() ?? {})[0], 'wal')
  assert.ok(numberOf(db, 'busy_timeout') >= 1000)
})

it('preparing what is prepared changes nothing and loses nothing', async () => {
  const file = newFile()
  await sqliteCredentials(prepared(file)).insert(givenRecord(1))

  assert.equal(await sqliteCredentials(prepared(file)).count(), 1)
})

it('preparing what is prepared waits for nobody who writes', () => {
  const file = newFile()
  const other = prepared(file)
  other.exec('begin immediate')

  const began = performance.now()
  prepared(file)

  assert.ok(performance.now() - began < 1000)
  other.exec('rollback')
})

it('a database of a later version is refused and left as it was', () => {
  const file = newFile()
  const db = prepared(file)
  const later = numberOf(db, 'user_version') + 1
  db.exec(`pragma user_version = ${later}`)

  assert.throws(() => prepareDatabase(connect(file)), /later version/)

  assert.equal(numberOf(db, 'user_version'), later)
  assert.equal(db.isTransaction, false)
})

it('what is no database is refused', () => {
  const file = newFile()
  writeFileSync(file, 'This is a text and no database at all.\n'.repeat(200))

  assert.throws(() => prepareDatabase(connect(file)), /not a database/)
})

it('a record that was tampered with is not half believed', async () => {
  const db = prepared()
  const store = sqliteCredentials(db)
  await store.insert(givenRecord(1))
  await store.insert(givenRecord(2, { scopes: ['files:read'] }))

  db.exec(`update credentials set digest = x'00' where id = '${idOf(1)}'`)
  db.exec(`update credentials set scopes = '["files:read"' where id = '${idOf(2)}'`)

  await assert.rejects(async () => store.find(idOf(1)))
  await assert.rejects(async () => store.find(idOf(2)))
})

it('the keys of one client and delivery are found without looking at all others', async () => {
  const plans: string[] = []
  const real = prepared()
  const store = sqliteCredentials({
    exec: (sql) => real.exec(sql),
    prepare(sql) {
      if (sql.startsWith('select * from credentials where id > ?')) {
        plans.push(
          ...real
            .prepare(`explain query plan ${sql}`)
            .all('', '', '', 1)
            .map(({ detail }) => String(detail)),
        )
      }
      return real.prepare(sql)
    },
  })

  await store.list({ clientId: 'c', delivery: 'vault' })

  assert.equal(plans.length, 1)
  assert.match(plans[0] as string, /USING INDEX credentials_by_client/)
})

for (const [column, value] of [
  ['id', `'short'`],
  ['client_id', `'${'é'.repeat(16)}'`],
  ['kind', `'master-key'`],
  ['digest', `'${'x'.repeat(32)}'`],
  ['scopes', `'"files:read"'`],
  ['scopes', `'[1]'`],
  ['tools', `'{'`],
  ['expires_at', `'never'`],
  ['revoked_at', `x'00'`],
] as const) {
  it(`a record whose ${column} is ${value} is told and left out of lists, which are whole all the same`, async () => {
    // Given seven records, of which one in the middle is damaged
    const db = prepared()
    const unreadable: string[] = []
    const store = sqliteCredentials(db, (id) => unreadable.push(id))
    for (let number = 1; number <= 7; number++) await store.insert(givenRecord(number))
    db.exec(`update credentials set ${column} = ${value} where id = '${idOf(3)}'`)
    const { id } = db.prepare('select id from credentials where name = ?').get('key 3') as { id: string }

    // When they are read page by page, as who reads all of them does
    const found: string[] = []
    for (let after = ''; ; ) {
      const page = await store.list({ after, limit: 3 })
      found.push(...page.map(({ name }) => name))
      if (page.length < 3) break
      after = page[2]?.id as string
    }
    const due = await store.due({ createdBy: NOON, expiresBy: NOON, limit: 100 })

    // Then none of the others is missing, and who asks for this one hears why
    assert.deepEqual(found, ['key 1', 'key 2', 'key 4', 'key 5', 'key 6', 'key 7'])
    assert.equal(due.length, 6)
    assert.deepEqual([...new Set(unreadable)], [id])
    await assert.rejects(async () => store.find(id), new RegExp(`"${id}" cannot be read: its ${column}`))
  })
}

it('a closed database answers nothing, instead of that nothing has changed', async () => {
  const db = prepared()
  const store = sqliteCredentials(db)
  await store.changes()
  db.close()

  await assert.rejects(async () => store.changes())
  await assert.rejects(async () => store.find(idOf(1)))
  await assert.rejects(async () => store.revoke(idOf(1), NOON))
})

it('a change is heard of after all when it could not be read at first', async () => {
  // Given a store that has heard of everything, and then a revocation by another process
  const file = newFile()
  const db = prepared(file)
  const store = sqliteCredentials(db)
  const other = sqliteCredentials(prepared(file))
  await store.insert(givenRecord(1))
  await store.changes()
  await other.revoke(idOf(1), NOON)

  // When the database refuses to read the changes, several times
  db.setAuthorizer((_, table) => (table === 'credential_changes' ? constants.SQLITE_DENY : constants.SQLITE_OK))
  for (let time = 0; time < 3; time++) await assert.rejects(async () => store.changes(), /prohibited/)
  db.setAuthorizer(null)

  // Then the change is told as soon as they can be read
  assert.deepEqual(await store.changes(), [idOf(1)])
  assert.deepEqual(await store.changes(), [])
})

it('own changes are heard of after all when they could not be read at first', async () => {
  const db = prepared()
  const store = sqliteCredentials(db)
  await store.changes()
  await store.insert(givenRecord(1))

  db.setAuthorizer((_, table) => (table === 'credential_changes' ? constants.SQLITE_DENY : constants.SQLITE_OK))
  await assert.rejects(async () => store.changes(), /prohibited/)
  db.setAuthorizer(null)

  assert.deepEqual(await store.changes(), [idOf(1)])
})

it('the first look sees everything, also when it failed at first', async () => {
  const db = prepared()
  await sqliteCredentials(db).insert(givenRecord(1))
  const store = sqliteCredentials(db)

  db.setAuthorizer((_, table) => (table === 'credential_changes' ? constants.SQLITE_DENY : constants.SQLITE_OK))
  await assert.rejects(async () => store.changes())
  db.setAuthorizer(null)

  assert.equal(await store.changes(), 'everything')
  assert.deepEqual(await store.changes(), [])
})

it('who has slept through more changes than are kept looks at everything', async () => {
  const file = newFile()
  const db = prepared(file)
  const store = sqliteCredentials(db)
  await store.insert(givenRecord(1))
  await store.changes()

  // Given as many changes as are kept: each is still told
  const many = (count: number) =>
    db.exec(
      `insert into credential_changes (id) with recursive n(i) as (select 1 union all select i + 1 from n where i < ${count})
       select printf('%016d', i) from n`,
    )
  many(9_999)
  await store.revoke(idOf(1), NOON)
  assert.equal((await store.changes()).length, 10_000)

  // And one more: the first is gone, and nobody can tell which it was
  many(10_000)
  await store.insert(givenRecord(2))
  assert.equal(await store.changes(), 'everything')
  assert.deepEqual(await store.changes(), [])
  assert.equal(Number(db.prepare('select count(*) as n from credential_changes').get()?.n), 10_000)
})

it('a backup that is put back under an open store makes it read everything, and later changes are heard of', async () => {
  const file = newFile()
  const [gate, command] = [sqliteCredentials(prepared(file)), sqliteCredentials(prepared(file))]
  await command.insert(givenRecord(1))
  const copy = newFile()
  prepared(file).exec(`vacuum into '${copy}'`)
  await command.insert(givenRecord(2))
  await command.insert(givenRecord(3))
  await gate.changes()
  await backup(connect(copy), file)

  await command.revoke(idOf(1), NOON)
  assert.equal(await gate.changes(), 'everything')
  await command.insert(givenRecord(4))
  assert.deepEqual(await gate.changes(), [idOf(4)])
})
