import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { type Ended, run } from './given.ts'

const directory = mkdtempSync(join(tmpdir(), 'portcullis-people-'))
after(() => rmSync(directory, { recursive: true }))
let gates = 0

const PASSWORD = 'correct horse battery'
const TOKEN = /^http:\/\/127\.0\.0\.1:8000\/account\/(setup|invitation)#[A-Za-z0-9_-]{43}$/

/** A configuration by which people sign in, and the commands on it. */
function given(access: readonly string[] = ['oauth']) {
  const home = join(directory, String(++gates))
  const config = {
    store: `sqlite:./${gates}/gate.db`,
    servers: { files: { upstream: { url: 'http://127.0.0.1:1/mcp' }, access } },
  }
  writeFileSync(`${home}.yaml`, JSON.stringify(config))
  const portcullis = (args: readonly string[], stdin?: string): Promise<Ended> =>
    run([...args, '--config', `${home}.yaml`], stdin === undefined ? {} : { stdin })
  const ask = async (args: readonly string[], stdin?: string) => {
    const { code, stdout, stderr } = await portcullis([...args, '--json'], stdin)
    assert.equal(code, 0, stderr)
    return JSON.parse(stdout) as Record<string, unknown>
  }
  return { portcullis, ask }
}

describe('portcullis users', () => {
  it('makes an account with a password from standard input, or an invitation', async () => {
    const { ask } = given()
    const ada = await ask(
      ['users', 'create', '--name', 'Ada@Example.com', '--password-stdin'],
      `${PASSWORD}\nignored\n`,
    )
    const bob = await ask(['users', 'create', '--name', 'bob'])
    await ask(['users', 'create', '--name', 'carl', '--admin'])
    const { users } = (await ask(['users', 'list'])) as { users: Record<string, unknown>[] }

    assert.equal(ada.link, null)
    assert.match(String(bob.link), TOKEN)
    assert.deepEqual(
      users.map(({ name, status, admin }) => [name, status, admin]),
      [
        ['ada@example.com', 'active', true],
        ['bob', 'invited', false],
        ['carl', 'invited', true],
      ],
    )
    assert.ok(!JSON.stringify(users).includes('argon2'), 'no hash is shown')
  })

  it('refuses what cannot be a name or a password, and a name that is taken', async () => {
    const { portcullis, ask } = given()
    await ask(['users', 'create', '--name', 'ada'])
    for (const [args, stdin, code] of [
      [['--name', 'ada'], undefined, 1],
      [['--name', 'ADA'], undefined, 1],
      [['--name', ''], undefined, 2],
      [['--name', 'a b'], undefined, 2],
      [['--name', 'x'.repeat(200)], undefined, 2],
      [['--name', 'bob', '--password-stdin'], 'short\n', 2],
      [['--name', 'bob', '--password-stdin'], '', 2],
      [['--name', 'bob', '--password-stdin', '--password-file', '/dev/null'], `${PASSWORD}\n`, 2],
      [['--name', 'bob', '--password-file', join(directory, 'nothing')], undefined, 1],
      [[], undefined, 2],
    ] as const) {
      const ended = await portcullis(['users', 'create', ...args], stdin)
      assert.equal(ended.code, code, `${args.join(' ')}: ${ended.stderr}`)
      assert.match(ended.stderr, /^portcullis: /)
      assert.ok(!ended.stderr.includes('    at '), 'no stack')
    }
    const { users } = (await ask(['users', 'list'])) as { users: unknown[] }
    assert.equal(users.length, 1)
  })

  it('disables, enables and resets, by name', async () => {
    const { portcullis, ask } = given()
    await ask(['users', 'create', '--name', 'ada', '--password-stdin'], PASSWORD)
    await ask(['users', 'disable', 'ada'])
    const disabled = (await ask(['users', 'list'])) as { users: { status: string }[] }
    const refused = await portcullis(['users', 'reset', 'ada'])
    await ask(['users', 'enable', 'ada'])
    const link = await ask(['users', 'reset', 'ada'])
    const set = await ask(['users', 'reset', 'ada', '--password-stdin'], 'another good password')
    const unknown = await portcullis(['users', 'disable', 'eve'])

    assert.equal(disabled.users[0]?.status, 'disabled')
    assert.equal(refused.code, 1)
    assert.match(String(link.link), TOKEN)
    assert.equal(set.link, null)
    assert.equal(unknown.code, 1)
    assert.match(unknown.stderr, /there is no account of that name; `portcullis users list`/)
  })

  it('is not there where nobody signs in', async () => {
    const { portcullis } = given(['api-key'])
    for (const command of [
      ['users', 'list'],
      ['clients', 'list'],
      ['grants', 'list'],
      ['signing-keys', 'list'],
      ['setup'],
    ]) {
      const { code, stderr } = await portcullis(command)
      assert.equal(code, 1)
      assert.match(stderr, /nobody signs in by this configuration/)
    }
  })
})

describe('portcullis setup', () => {
  it('prints a link until there is an account', async () => {
    const { portcullis, ask } = given()
    const first = await ask(['setup'])
    const second = await ask(['setup'])
    await ask(['users', 'create', '--name', 'ada'])
    const late = await portcullis(['setup'])

    assert.equal(first.url, 'http://127.0.0.1:8000/account/setup')
    assert.notEqual(first.setupToken, second.setupToken)
    assert.equal(late.code, 1)
    assert.match(late.stderr, /there is an account already/)
  })
})

describe('portcullis clients', () => {
  it('makes public and confidential clients, and shows a secret once', async () => {
    const { ask, portcullis } = given()
    const redirect = ['--redirect-uri', 'https://ci.example.com/callback']
    const open = await ask(['clients', 'create', '--name', 'App', '--redirect-uri', 'http://127.0.0.1/cb'])
    const closed = await ask(['clients', 'create', '--name', 'CI', ...redirect, '--confidential'])
    const { clients } = (await ask(['clients', 'list'])) as { clients: Record<string, unknown>[] }
    const shown = (await portcullis(['clients', 'list'])).stdout

    assert.equal(open.secret, null)
    assert.ok(String(closed.secret).length >= 43)
    assert.deepEqual(clients.map(({ name, isConfidential }) => [name, isConfidential]).toSorted(), [
      ['App', false],
      ['CI', true],
    ])
    assert.ok(!JSON.stringify(clients).includes(String(closed.secret)) && !shown.includes(String(closed.secret)))
    assert.match(shown, /ci\.example\.com/)
  })

  it('makes a client that asks about tokens without a redirect URI, and no other without', async () => {
    const { ask, portcullis } = given()
    const { id, secret } = await ask(['clients', 'create', '--name', 'Elsewhere', '--introspects'])
    const { clients } = (await ask(['clients', 'list'])) as { clients: Record<string, unknown>[] }
    const bare = await portcullis(['clients', 'create', '--name', 'App'])

    assert.ok(String(secret).length >= 43)
    const listed = clients.find((client) => client.id === id)
    assert.deepEqual([listed?.isConfidential, listed?.mayIntrospect, listed?.redirectUris], [true, true, []])
    assert.equal(bare.code, 2)
    assert.match(bare.stderr, /--redirect-uri/)
  })

  it('refuses redirect URIs that lead anywhere', async () => {
    const { portcullis } = given()
    for (const uri of [
      'http://example.com/cb',
      'javascript:alert(1)',
      'https://u@example.com/',
      'https://a.example/#x',
      'cb',
    ]) {
      const { code, stderr } = await portcullis(['clients', 'create', '--name', 'App', '--redirect-uri', uri])
      assert.equal(code, 2, `${uri}: ${stderr}`)
    }
  })

  it('approves, blocks and deletes, also by the URL of a document', async () => {
    const { ask, portcullis } = given()
    const { id } = await ask(['clients', 'create', '--name', 'App', '--redirect-uri', 'http://127.0.0.1/cb'])
    await ask(['clients', 'block', String(id)])
    await ask(['clients', 'block', 'https://client.example/metadata.json'])
    const { clients } = (await ask(['clients', 'list'])) as { clients: { blockedAt?: string }[] }
    await ask(['clients', 'approve', String(id)])
    await ask(['clients', 'delete', String(id)])
    const gone = await portcullis(['clients', 'delete', String(id)])

    assert.equal(clients.filter(({ blockedAt }) => blockedAt !== undefined).length, 2)
    assert.equal(gone.code, 1)
    assert.match(gone.stderr, /there is no such client/)
  })

  it('prints initial access tokens', async () => {
    const { ask, portcullis } = given()
    assert.match(String((await ask(['clients', 'invite', '--expires', '1h'])).token), /^[A-Za-z0-9_-]{43}$/)
    assert.equal((await portcullis(['clients', 'invite', '--expires', 'soon'])).code, 2)
  })
})

describe('portcullis grants and signing-keys', () => {
  it('say that there is nothing yet', async () => {
    const { portcullis, ask } = given()

    assert.deepEqual(await ask(['grants', 'list']), { grants: [] })
    assert.equal((await portcullis(['grants', 'revoke', 'none'])).code, 1)
    assert.equal((await portcullis(['grants', 'list', '--user', 'eve'])).code, 1)
    assert.deepEqual(await ask(['signing-keys', 'list']), { keys: [] })
    assert.equal((await portcullis(['signing-keys', 'rotate'])).code, 1)
    assert.equal((await portcullis(['signing-keys', 'rotate', '--now', '--compromised'])).code, 2)
  })

  it('leave what they did on record', async () => {
    const { portcullis, ask } = given()
    await ask(['users', 'create', '--name', 'ada@example.com'])
    await ask(['clients', 'block', 'https://client.example/metadata.json'])
    const { events } = (await ask(['audit', 'query'])) as { events: { type: string; actor: string }[] }
    const shown = (await portcullis(['audit', 'query'])).stdout
    const { events: blocked } = (await ask(['audit', 'query', '--type', 'client.blocked'])) as { events: unknown[] }

    const types = events.map(({ type }) => type)
    for (const type of ['account.created', 'account.invited', 'client.blocked']) assert.ok(types.includes(type), type)
    assert.equal(blocked.length, 1)
    assert.ok(events.every(({ actor }) => actor === 'command'))
    assert.match(shown, /client\.blocked {2}client https:\/\/client\.example\/metadata\.json/)
    assert.ok(!shown.includes('ada@'), 'accounts are known by their ids alone')
  })
})
