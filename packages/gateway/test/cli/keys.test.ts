import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, it } from 'node:test'
import { formatList } from '../../src/cli/credential-table.ts'
import type { Listed } from '../../src/cli/credentials.ts'
import { type Ended, run } from './given.ts'

const directory = mkdtempSync(join(tmpdir(), 'portcullis-keys-'))
after(() => rmSync(directory, { recursive: true }))
let gates = 0

/** The configuration of a gate with one server, and the commands on it. */
function given(keys: object = {}) {
  const home = join(directory, String(++gates))
  const file = `${home}.yaml`
  const upstream = { url: 'http://127.0.0.1:1/mcp' }
  const config = {
    store: `sqlite:./${gates}/gate.db`,
    keys,
    servers: { files: { upstream, access: ['api-key', 'unlisted'] } },
  }
  writeFileSync(file, JSON.stringify(config))
  const portcullis = (...args: readonly string[]): Promise<Ended> => run([...args, '--config', file])
  const create = async (family: 'keys' | 'urls', ...options: readonly string[]) => {
    const args = [family, 'create', '--server', 'files', '--name', 'agent', '--json', ...options]
    const { stdout, stderr } = await portcullis(...args)
    assert.equal(stderr, '')
    return JSON.parse(stdout) as { id: string; key: string; url: string; expiresAt?: string }
  }
  return { file, database: join(home, 'gate.db'), portcullis, create }
}

it('a command that needs an ID says so, what one looks like and who shows them', async () => {
  const { portcullis } = given()

  for (const command of ['revoke', 'rotate']) {
    const { code, stdout, stderr } = await portcullis('keys', command)
    assert.equal(code, 2)
    assert.equal(stdout, '')
    assert.match(
      stderr,
      new RegExp(`^portcullis: keys ${command}: .*such as [0-9a-z]{16}; .portcullis keys list. shows`),
    )
  }
  assert.match((await portcullis('urls', 'revoke')).stderr, /such as [0-9a-z]{16}; .portcullis urls list. shows/)
})

it('what cannot be an ID is told apart from an ID that nobody has', async () => {
  const { portcullis, create } = given()
  await create('keys')
  const told = async (text: string) => {
    const { code, stderr } = await portcullis('keys', 'revoke', text)
    assert.equal(code, 1, text)
    return stderr
  }

  assert.match(await told('abc'), /it has 3 characters; an ID has 16\. An ID looks like [0-9a-z]{16}; .*keys list/)
  assert.match(await told('xzbxx3s8lfocnsr'), /it has 15 characters; an ID has 16: was one lost while copying\?/)
  assert.match(await told('xzbxx3s8lfocnsr44'), /it has 17 characters; an ID has 16: was one added while copying\?/)
  assert.match(await told('XZBXX3S8LFOCNSR4'), /no characters but 0-9 and a-z/)
  assert.match(await told('xzbxx3s8lfocnsr4'), /there is no key xzbxx3s8lfocnsr4; IDs are listed by/)
  assert.doesNotMatch(await told('xzbxx3s8lfocnsr4'), /no ID/)
})

it('a key that is typed where its ID belongs is not repeated, not used, and its ID is told', async () => {
  const { portcullis, create } = given()
  const { id, key } = await create('keys')
  const { url } = await create('urls')

  for (const [args, words] of [
    [['keys', 'revoke', key], new RegExp(`that is a key, where its ID belongs; this one is ${id}\\.`)],
    [['keys', 'rotate', key], new RegExp(`this one is ${id}`)],
    [['urls', 'revoke', key], new RegExp(`this one is ${id}, for .portcullis keys.`)],
    [['urls', 'revoke', url], /that is the secret of a URL, where its ID belongs; this one is/],
    [['keys', 'revoke', key.slice(0, -1)], /not a whole one \(it has 71 characters; a key has 72: was one lost/],
    [['keys', 'revoke', `${key}x`], /not a whole one \(it has 73 characters; a key has 72: was one added/],
    [['keys', 'revoke', `${key.slice(0, -1)}!`], /not a whole one \(it has characters that none has\)/],
    [['keys', 'revoke', key.slice(0, 30) + (key[30] === 'A' ? 'B' : 'A') + key.slice(31)], /its checksum does not fit/],
    [['keys', 'revoke', key.slice(0, 12)], /it has 12 characters; a key has 72\), .*keys list/],
    [['keys', 'revoke', id, key], /takes one ID and was given 2 arguments/],
    [['keys', 'revoke', `a${key.slice(23, 65)}`], /it has 43 characters; an ID has 16/],
  ] as const) {
    const { code, stdout, stderr } = await portcullis(...args)
    assert.ok(code === 1 || code === 2)
    assert.match(stderr, words)
    assert.equal(stdout, '')
    for (const secret of [key, url]) assert.ok(!stderr.includes(secret.slice(-49, -10)), args[1])
  }
  const { keys } = JSON.parse((await portcullis('keys', 'list', '--json')).stdout) as { keys: Listed[] }
  assert.deepEqual([keys[0]?.status, keys[0]?.replacedBy], ['active', undefined])
})

it('a key that would outlive the age limit is refused, and the limit and its setting are named', async () => {
  const { portcullis, create, file } = given({ maxAge: '36h' })
  const refused = (...args: string[]) => portcullis(...args, '--server', 'files', '--name', 'agent')

  for (const args of [
    ['keys', 'create', '--expires', '2d'],
    ['urls', 'create', '--expires', '9999999999d'],
  ]) {
    const { code, stdout, stderr } = await refused(...args)
    assert.equal(code, 1)
    assert.equal(stdout, '')
    assert.match(stderr, /--expires \d+d is beyond `keys\.maxAge`, which is 36h: ask for less/)
    assert.ok(stderr.includes(file))
  }
  assert.equal(
    (await portcullis('keys', 'list')).stdout,
    'There are no keys. Make one with `portcullis keys create`.\n',
  )

  const hours = async (...options: string[]) => {
    const { expiresAt } = await create('keys', ...options)
    return expiresAt === undefined ? undefined : Math.round((Date.parse(expiresAt) - Date.now()) / 3_600_000)
  }
  assert.equal(await hours(), 36)
  assert.equal(await hours('--expires', '36h'), 36)
  assert.equal(await hours('--expires', '1h'), 1)
  assert.equal(await hours('--expires', 'never'), undefined)
})

const NOON = new Date('2026-03-01T12:00:00Z')

const listed = (facts: Partial<Listed> = {}): Listed => ({
  id: 'xzbxx3s8lfocnsr4',
  kind: 'api-key',
  client: 'nh96kc81ka2hx4a8',
  server: 'files',
  name: 'agent',
  status: 'active',
  tenant: undefined,
  scopes: undefined,
  tools: undefined,
  notes: undefined,
  delivery: undefined,
  replacedBy: undefined,
  createdAt: '2026-02-28T09:30:00.000Z',
  expiresAt: '2026-05-29T09:30:00.000Z',
  revokedAt: undefined,
  lastUsedAt: '2026-03-01T09:30:12.000Z',
  dueAt: undefined,
  ...facts,
})

it('a list shows what a key opens, whose it is and what came after it', () => {
  const rows = [
    listed(),
    listed({ scopes: ['files:read'], tools: ['read_*', 'list_*'], expiresAt: undefined, lastUsedAt: undefined }),
    listed({ status: 'expired', replacedBy: 'kzep004e9urjf7yn', kind: 'probe' }),
  ]

  assert.deepEqual(
    formatList(rows, '', NOON)
      .split('\n')
      .map((line) => line.split(/ {2,}/)),
    [
      ['ID', 'KIND', 'SERVER', 'NAME', 'STATUS', 'EXPIRES', 'LAST USED', 'SCOPES', 'TOOLS', 'CLIENT', 'SUCCESSOR'],
      [
        'xzbxx3s8lfocnsr4',
        'api-key',
        'files',
        'agent',
        'active',
        '2026-05-29',
        '09:30 UTC',
        'all',
        'all',
        'nh96kc8…',
        '–',
      ],
      [
        'xzbxx3s8lfocnsr4',
        'api-key',
        'files',
        'agent',
        'active',
        'never',
        '–',
        'files:read',
        'read_*,list_*',
        'nh96kc8…',
        '–',
      ],
      [
        'xzbxx3s8lfocnsr4',
        'probe',
        'files',
        'agent',
        'expired',
        '2026-05-29',
        '09:30 UTC',
        'all',
        'all',
        'nh96kc8…',
        'kzep004e…',
      ],
    ],
  )
})

it('a list is never wider than 120 columns, whatever stands in it, and an ID is never cut', () => {
  const long = 'a very long word of somebody '.repeat(20)
  const wide = listed({
    server: long,
    name: `${long}\n\u001b[31m\u202e`,
    scopes: [long],
    tools: [long, long],
    replacedBy: 'kzep004e9urjf7yn',
    status: 'revoked',
  })

  for (const rows of [[wide], [listed(), wide], [wide, listed({ name: '🔑'.repeat(200) })]]) {
    const lines = formatList(rows, '', NOON).split('\n')
    assert.equal(lines.length, rows.length + 1)
    for (const line of lines) assert.ok([...line].length <= 120, line)
    for (const line of lines.slice(1)) assert.match(line, /^xzbxx3s8lfocnsr4 .* (active|revoked) /)
    assert.doesNotMatch(lines.join(''), /[\p{Cc}\p{Cf}]/u)
  }
})

it('a list of secret URLs says nothing of their kind, and an empty one is a sentence', () => {
  assert.doesNotMatch(formatList([listed({ kind: 'secret-url' })], '', NOON), /KIND|secret-url/)
  assert.equal(formatList([], 'Nothing.', NOON), 'Nothing.')
})

it('the members of a key in JSON are what they were, whatever the table leaves out', async () => {
  const { portcullis, create } = given()
  const { id } = await create('keys', '--tools', 'read_*', '--notes', 'x', '--tenant', 'acme', '--scopes', 'mcp:read')
  await portcullis('keys', 'rotate', id)

  const { keys } = JSON.parse((await portcullis('keys', 'list', '--json')).stdout) as { keys: Listed[] }

  assert.deepEqual(Object.keys(keys.find((key) => key.id === id) ?? {}), [
    ...['id', 'kind', 'client', 'server', 'name', 'status', 'tenant', 'scopes', 'tools', 'notes', 'replacedBy'],
    ...['createdAt', 'expiresAt'],
  ])
})

it('the JSON of a list has escapes for what steers a terminal, and says the same', async () => {
  const { portcullis, create } = given()
  const name = 'a\u0085\u009b2J\u202e\u2028z'
  await create('keys', '--notes', name)

  const { stdout } = await portcullis('keys', 'list', '--json')

  assert.doesNotMatch(stdout.trimEnd(), /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u)
  assert.equal((JSON.parse(stdout) as { keys: Listed[] }).keys[0]?.notes, name)
})

it('who ends a key that was rotated is told what it was rotated to, while that is good', async () => {
  const { portcullis } = given()
  const key = async (...args: readonly string[]) => JSON.parse((await portcullis('keys', ...args, '--json')).stdout)
  const first = await key('create', '--server', 'files', '--name', 'leaked')
  const second = await key('rotate', first.id)
  const third = await key('rotate', second.id, '--overlap', '0s')

  const words = (await portcullis('keys', 'revoke', first.id)).stdout
  assert.equal(words, `Key ${first.id} is revoked. It was rotated: ${third.id} is still good.\n`)
  assert.equal((await key('revoke', first.id)).successor, third.id)
  assert.equal((await key('revoke', third.id)).successor, null)
  assert.equal((await portcullis('keys', 'revoke', first.id)).stdout, `Key ${first.id} had been revoked before.\n`)
})

it('a key whose row is damaged is told of, the others are listed, and it can be neither revoked nor rotated', async () => {
  const { portcullis, create, database } = given()
  const [damaged, whole] = [await create('keys'), await create('keys')]
  const db = new DatabaseSync(database)
  db.prepare('update credentials set scopes = ? where id = ?').run('[', damaged.id)
  db.close()

  const { code, stdout, stderr } = await portcullis('keys', 'list', '--json')
  assert.equal(code, 0)
  assert.deepEqual(
    (JSON.parse(stdout) as { keys: Listed[] }).keys.map(({ id }) => id),
    [whole.id],
  )
  assert.match(stderr, new RegExp(`"${damaged.id}" is damaged: left out`))

  const revoked = await portcullis('keys', 'revoke', damaged.id)
  assert.equal(revoked.code, 1)
  assert.match(revoked.stderr, /cannot be read: its scopes is damaged\. No gate lets it in\n$/)
})

it('a database that another process holds is named, and nothing is made', async () => {
  const { portcullis, create, database } = given()
  await create('keys')
  const other = new DatabaseSync(database)
  other.exec('begin immediate')

  const { code, stderr } = await portcullis('keys', 'create', '--server', 'files', '--name', 'x')
  other.close()

  assert.equal(code, 1)
  assert.equal(stderr, `portcullis: ${database} is held by another process that writes to it; try again\n`)
})

it('looking for keys where there is no database makes none, and the file that is missing is named', async () => {
  const { portcullis, database } = given()

  const list = await portcullis('keys', 'list', '--json')
  const revoke = await portcullis('keys', 'revoke', 'xzbxx3s8lfocnsr4')
  const rotate = await portcullis('urls', 'rotate', 'xzbxx3s8lfocnsr4')

  assert.deepEqual([list.code, list.stdout], [0, '{"keys":[]}\n'])
  for (const { stderr } of [list, revoke, rotate]) assert.ok(stderr.includes(`${database}, which `), stderr)
  assert.deepEqual([revoke.code, rotate.code], [1, 1])
  assert.equal(existsSync(database), false)
})

it('an ID of the other family is told with the command that takes it', async () => {
  const { portcullis, create } = given()
  const key = await create('keys')
  const url = await create('urls')

  const told = async (...args: string[]) => (await portcullis(...args)).stderr
  assert.match(await told('keys', 'revoke', url.id), new RegExp(`a URL's ID: use .portcullis urls revoke ${url.id}`))
  assert.match(await told('urls', 'rotate', key.id), new RegExp(`a key's ID: use .portcullis keys rotate ${key.id}`))
})

it('a rotation tells the new ID, and a second one of the same key names it', async () => {
  const { portcullis, create } = given()
  for (const family of ['keys', 'urls'] as const) {
    const { id } = await create(family)

    const { stdout } = await portcullis(family, 'rotate', id)
    const [, successor] = /Its id is ([0-9a-z]{16})[.;]/.exec(stdout) ?? []
    const again = await portcullis(family, 'rotate', id)

    assert.ok(successor !== undefined && successor !== id, stdout)
    assert.equal(again.code, 1)
    assert.match(again.stderr, new RegExp(`rotate its successor, ${successor}$`, 'm'))
  }
})

it('a public server needs neither keys nor secret URLs, and says so', async () => {
  const file = join(directory, 'public.yaml')
  const open = { upstream: { url: 'http://127.0.0.1:1/mcp' }, access: ['public'] }
  writeFileSync(file, JSON.stringify({ store: 'sqlite:./public/gate.db', servers: { open } }))
  const create = (family: string) => run([family, 'create', '--server', 'open', '--name', 'x', '--config', file])

  assert.match((await create('keys')).stderr, /server open is public: callers need no key$/m)
  assert.match((await create('urls')).stderr, /server open is public: callers need no secret URL$/m)
})

/** What `urls create` prints, and its JSON, of a gate with this address. */
async function givenAddress(address: object) {
  const file = join(directory, `address-${++gates}.yaml`)
  const hidden = { upstream: { url: 'http://127.0.0.1:1/mcp' }, access: ['unlisted'] }
  writeFileSync(file, JSON.stringify({ store: `sqlite:./${gates}/gate.db`, servers: { hidden }, ...address }))
  const args = ['urls', 'create', '--server', 'hidden', '--name', 'x', '--config', file]
  const json = JSON.parse((await run([...args, '--json'])).stdout) as { url: string; isAssumed: boolean }
  return { text: (await run(args)).stdout, json }
}

it('a secret URL whose address is no more than assumed is told to be so', async () => {
  const assumed = await givenAddress({ listen: { port: 8020 } })
  assert.match(assumed.text, /^http:\/\/127\.0\.0\.1:8020\/hidden\/mcp\/pclu_/)
  assert.match(assumed.text, /is assumed .*: if the gate listens elsewhere, replace http:\/\/127\.0\.0\.1:8020\.$/m)
  assert.equal(assumed.json.isAssumed, true)

  const open = await givenAddress({ listen: { port: 0 } })
  assert.match(
    open.text,
    /^http:\/\/127\.0\.0\.1:PORT\/hidden\/mcp\/pclu_[\s\S]*put the one that the gate printed for PORT/,
  )
  assert.match(open.json.url, /:PORT\/hidden/)

  const known = await givenAddress({ publicUrl: 'https://mcp.example.com' })
  assert.match(known.text, /^https:\/\/mcp\.example\.com\/hidden\/mcp\/pclu_/)
  assert.doesNotMatch(known.text, /assumed/)
  assert.equal(known.json.isAssumed, false)
})

it('what only a gate needs of its surroundings keeps nobody from revoking a key', async () => {
  // Given a key, made where all variables were set
  const file = join(directory, 'elsewhere.yaml')
  const headers = { authorization: `Bearer \${env:UPSTREAM_TOKEN}` }
  const files = { upstream: { url: `\${env:UPSTREAM_URL}`, headers }, access: ['api-key'] }
  const listen = { tls: { cert: './missing.pem', key: './missing.key' } }
  const sealingKey = { env: 'SEALING_KEY' }
  writeFileSync(file, JSON.stringify({ listen, sealingKey, store: 'sqlite:./elsewhere/gate.db', servers: { files } }))
  const portcullis = (...args: string[]) => run([...args, '--config', file])
  const made = await portcullis('keys', 'create', '--server', 'files', '--name', 'x', '--json')
  const { id } = JSON.parse(made.stdout) as { id: string }

  // Then commands that start nothing work without them, and those that would do not
  assert.equal((await portcullis('keys', 'revoke', id)).code, 0)
  assert.match((await portcullis('audit', 'query')).stdout, /key\.revoked/)
  for (const command of ['check', 'serve']) {
    const { code, stdout, stderr } = await portcullis(command)
    assert.equal(code, 1)
    for (const name of ['UPSTREAM_TOKEN', 'UPSTREAM_URL']) {
      assert.ok(`${stdout}${stderr}`.includes(`the environment variable ${name} is not set`), command)
    }
  }
})
