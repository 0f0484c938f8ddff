import assert from 'node:assert/strict'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { it } from 'node:test'
import { type AuditEvent, OPERATIONS } from '@portcullis/auth/events'
import { eventLine } from '../../src/record/lines.ts'
import { segmentName } from '../../src/record/segment.ts'
import { eventOf, givenDirectory, givenIds, NOON } from '../record/given.ts'
import { run } from './given.ts'

/** A configuration with two servers, and a spool of these lines. */
function givenRecord(...lines: string[]) {
  const directory = givenDirectory()
  const file = join(directory, 'portcullis.yaml')
  const server = '{ upstream: { command: x }, access: [public] }'
  writeFileSync(file, `store: sqlite:./gate.db\nservers: { files: ${server}, mail: ${server} }\n`)
  const segment = { process: 'aaaaaa', number: 1, pid: process.pid, place: '00000000', openedAt: NOON }
  mkdirSync(join(directory, 'spool'))
  writeFileSync(join(directory, 'spool', segmentName(segment)), lines.map((line) => `${line}\n`).join(''))
  const database = join(directory, 'audit.db')
  return { database, query: (...options: string[]) => run(['audit', 'query', '--config', file, ...options]) }
}

const newId = givenIds()
const lineOf = (facts: Parameters<typeof eventOf>[1]) => eventLine(eventOf(newId(), facts))

/** One of each that end a line, steer a terminal, turn text around or have no shape. */
const UNRULY = '\n\r\t\u0000\u001b\u007f\u0085\u009b\u00ad\u061c\u200b\u200e\u202e\u2028\u2029\u2066\ufeff\u{e0041}'

it('whatever a caller called its tool, no answer holds a character that steers a terminal', async () => {
  // As lines of the spool, too, may be: nothing in JSON forbids these.
  const raw = JSON.stringify(eventOf(newId(), { name: UNRULY, method: UNRULY, peer: UNRULY, reason: UNRULY }))
  const record = givenRecord(raw)

  const { stdout: json } = await record.query('--json')
  const { stdout: text } = await record.query()

  for (const output of [json, text]) assert.doesNotMatch(output.replaceAll('\n', ''), /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u)
  assert.deepEqual(text.split('\n').length, 3, 'the titles, the event and an end')
  for (const word of ['\\u202e', '\\u009b', '\\u2028', '\\udb40\\udc41']) {
    assert.ok(json.includes(word) && text.includes(word), word)
  }
  const [event] = (JSON.parse(json) as { events: AuditEvent[] }).events
  assert.partialDeepStrictEqual(event, { name: UNRULY, method: UNRULY, peer: UNRULY, reason: UNRULY })
})

it('people read a table: columns have titles and stand where they stood on the page before', async () => {
  const principal = { kind: 'api-key', subject: 'd', clientId: 'd', credentialId: 'xzbxx3s8lfocnsr4' }
  const denied = { decision: 'denied', reason: 'tool_not_listed', outcome: 'gate', durationMs: 0.42 } as const
  const refusals = { fromAt: NOON, toAt: NOON, counts: { key_missing: 3, key_invalid: 1 }, samples: [] }
  const operation = { actor: 'command', credentialId: 'xzbxx3s8lfocnsr4', clientId: 'd', detail: 'by hand' } as const
  const record = givenRecord(
    lineOf({ principal }),
    lineOf({ principal, name: 'x"  (none)', ...denied }),
    lineOf({ principal: undefined, verb: 'GET', method: undefined, name: undefined }),
    eventLine({ type: 'refusals', id: newId(), at: NOON, network: '2001:db8:1:2::/64', ...refusals }),
    eventLine({ type: 'key.revoked', id: newId(), at: NOON, server: 'mail', ...operation }),
  )

  const { stdout } = await record.query()
  const { stdout: page } = await record.query('--limit', '1', '--type', 'request', '--tool', 'read_file')

  assert.deepEqual(stdout.split('\n'), [
    'TIME                      SERVER    CREDENTIAL        FROM               DECISION  OUTCOME          STATUS  MS        WHAT',
    '2027-01-15T08:00:00.000Z  mail      xzbxx3s8lfocnsr4  –                  –         –                –       –         key.revoked  client d  by hand',
    '2027-01-15T08:00:00.000Z  –         –                 2001:db8:1:2::/64  refused   –                –       –         strangers: key_missing 3, key_invalid 1',
    '2027-01-15T08:00:00.000Z  files     anyone            192.0.2.7          allowed   answered         200     2.5       GET',
    '2027-01-15T08:00:00.000Z  files     xzbxx3s8lfocnsr4  192.0.2.7          denied    gate             200     0.4       tools/call "x\\"  (none)"  (tool_not_listed)',
    '2027-01-15T08:00:00.000Z  files     xzbxx3s8lfocnsr4  192.0.2.7          allowed   answered         200     2.5       tools/call "read_file"',
    '',
  ])
  assert.deepEqual(page.split('\n').slice(0, 2), [
    'TIME                      SERVER    CREDENTIAL        FROM              DECISION  OUTCOME          STATUS  MS        WHAT',
    '2027-01-15T08:00:00.000Z  files     xzbxx3s8lfocnsr4  192.0.2.7         allowed   answered         200     2.5       tools/call "read_file"',
  ])
})

it('who asks for a server that is not there is told which ones are', async () => {
  const record = givenRecord(lineOf({ server: 'files' }), lineOf({ server: 'former' }))

  const slip = await record.query('--server', 'file')
  const other = await record.query('--server', 'nope', '--json')

  const known = 'is configured, there are files, mail'
  assert.deepEqual(slip, {
    code: 0,
    stdout: 'Nothing that is recorded matches.\n',
    stderr: `portcullis: no server file ${known}; did you mean \`files\`?\n`,
  })
  assert.deepEqual(other, { code: 0, stdout: '{"events":[]}\n', stderr: `portcullis: no server nope ${known}\n` })
  for (const server of ['files', 'former', 'mail']) {
    const { code, stderr } = await record.query('--server', server)
    assert.deepEqual([code, stderr], [0, ''], server)
  }
})

it('a type of event that there is not is no question', async () => {
  const record = givenRecord(lineOf({}))

  for (const type of ['nope', 'Request', 'key', 'ending', '']) {
    const { code, stdout, stderr } = await record.query('--type', type)
    assert.deepEqual([code, stdout], [2, ''], type)
    assert.ok(stderr.includes(`--type takes one of request, refusals, ${OPERATIONS.join(', ')}`), stderr)
  }
  for (const type of ['request', 'refusals', ...OPERATIONS]) {
    assert.equal((await record.query('--type', type)).code, 0, type)
  }
})

it('who has only the whole key finds its events all the same, and is not shown it', async () => {
  const credentialId = 'xzbxx3s8lfocnsr4'
  const record = givenRecord(
    lineOf({ principal: { kind: 'api-key', subject: 'd', clientId: 'd', credentialId } }),
    lineOf({}),
  )

  const found = await record.query('--key', `pcls_${credentialId}_SECRET`, '--json')
  const part = await record.query('--key', 'pcls_SECRET')

  assert.equal((JSON.parse(found.stdout) as { events: AuditEvent[] }).events.length, 1)
  assert.deepEqual([part.code, part.stdout], [2, ''])
  assert.match(part.stderr, /^portcullis: audit query: --key takes an ID, such as/)
  for (const { stdout, stderr } of [found, part]) assert.doesNotMatch(stdout + stderr, /SECRET/)
})

it('a record whose database is damaged is told in one line that names the file', async () => {
  const record = givenRecord(lineOf({}))
  writeFileSync(record.database, 'not a database '.repeat(1000))

  const { code, stdout, stderr } = await record.query()

  assert.deepEqual([code, stdout], [1, ''])
  assert.match(stderr, /^portcullis: .*audit\.db is damaged, or no database.*\n$/)
  assert.doesNotMatch(stderr, /unexpected|\n./)
})

it('a question to a record that is not there makes none', async () => {
  const record = givenRecord()

  assert.equal((await record.query()).stdout, 'Nothing that is recorded matches.\n')
  assert.equal(existsSync(record.database), false)
})

it('the help of a search has one wide option on lines of its own, and no line beyond 120 columns', async () => {
  const { stdout } = await run(['audit', 'query', '--help'])

  const options = stdout.slice(stdout.indexOf('Options:')).split('\n')
  assert.ok(options.includes('  --limit N        1 to 10000; default 100'), stdout)
  for (const line of options) assert.ok(line.length <= 120, line)
})
