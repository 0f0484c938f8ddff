import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { filesBelow, type Gate, type Issued, startGate } from './harness/gate.ts'
import { send } from './harness/http.ts'
import { neverMade } from './harness/keys.ts'
import { bearer, type Json, post, postFields, speak } from './harness/mcp.ts'
import { startPair, stop } from './harness/pair.ts'
import { LEGACY, scenario, setUp, tearDown, topic } from './harness/suite.ts'
import type { Witness } from './servers/witness.ts'

const newest = LEGACY.slice(-1)
/** Words that end a line, steer a terminal, turn text around, or stand for nothing. */
const NAMES = [
  'two\nlines',
  'a\r\n{"type":"request","id":"forged"}',
  'clear\u001b[2J\u001b[H',
  'title\u001b]0;owned\u0007',
  'csi\u009b31m',
  'nul\u0000byte\u007f',
  'turned\u202etxt.exe',
  'isolate\u2066\u2069mark\u200f',
  'lines\u2028and\u2029paragraphs\u0085',
  'quote"and\\backslash',
  '  POST  delete_item  allowed  answered 200',
  'x'.repeat(100_000),
]
/** What no line may hold besides its own end. */
const UNRULY = /(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u

topic('K. The record: the words of strangers', () => {
  let gate: Gate
  let witness: Witness

  setUp(async () => {
    ;({ gate, witness } = await startPair({ settings: { record: { stderr: true } } }))
  })
  tearDown(() => stop(gate, witness))

  scenario(
    'names with line ends and escape sequences stay words: in the spool, in the log, in what a query prints',
    { for: 'Record; input: header injection', on: newest },
    async (revision) => {
      const made = await gate.key('http')
      const speaker = await speak(gate.mcp('http'), revision, bearer(made.key))
      for (const name of NAMES) await speaker.request('tools/call', { name, arguments: {} })
      for (const uri of NAMES) await speaker.request('resources/read', { uri })
      for (const method of NAMES) await speaker.request(method)
      const printed = await gate.command('audit', 'query', '--key', made.id)
      const json = await gate.command('audit', 'query', '--key', made.id, '--json')
      const events = await gate.audit('--key', made.id, '--type', 'request')

      // One event each, and two for the session
      assert.equal(events.length, 3 * NAMES.length + 2)
      const [titles, ...lines] = printed.stdout.split('\n').slice(0, -1)
      assert.match(titles as string, /^TIME .* WHAT$/)
      assert.equal(lines.length, events.length + 1, 'a line for each, and one for the key')
      assert.doesNotMatch(json.stdout, UNRULY)
      for (const line of lines) {
        assert.match(line, /^\d{4}-\d\d-\d\dT[0-9:.]+Z {2}/)
        assert.doesNotMatch(line, UNRULY)
        assert.ok(line.length < 2500, `${line.length} characters`)
      }
      for (const file of filesBelow(join(gate.directory, 'state/spool'))) {
        const text = readFileSync(file, 'utf8')
        assert.doesNotMatch(text, UNRULY, file)
        for (const line of text.split('\n').slice(0, -1))
          assert.ok(line.length < 2000 && JSON.parse(line) !== undefined)
      }
      assert.doesNotMatch(gate.log, UNRULY)
      assert.equal(gate.logLines.filter(({ id }) => id === 'forged').length, 0)
      assert.deepEqual(await gate.audit('--tool', 'delete_item'), [])
    },
  )

  scenario('an odd name is found again by itself', { for: 'Record', on: newest }, async (revision) => {
    const made = await gate.key('http')
    const speaker = await speak(gate.mcp('http'), revision, bearer(made.key))
    await speaker.request('tools/call', { name: 'two\nlines' })
    const [event] = await gate.audit('--key', made.id, '--tool', 'two\nlines')
    assert.equal(event?.name, 'two\nlines')
  })

  scenario(
    'the client’s own name, and what an operator calls a key, are no lines either',
    { for: 'Record', on: newest },
    async (revision) => {
      const note = 'line\nand \u001b[31mred\u202e'
      const made = await gate.key('http', '--notes', note)
      const opening = {
        jsonrpc: '2.0',
        id: 1,
        method: 'initialize',
        params: { protocolVersion: revision, capabilities: {}, clientInfo: { name: note, version: note } },
      }
      const fields = { ...bearer(made.key), 'user-agent': 'odd \u00e9', referer: 'http://x/"}{' }
      assert.equal((await post(gate.mcp('http'), opening, fields)).status, 200)
      const listed = await gate.command('keys', 'list')
      const printed = await gate.command('audit', 'query', '--key', made.id)
      const json = await gate.command('audit', 'query', '--key', made.id, '--json')
      for (const text of [listed.stdout, printed.stdout, json.stdout]) assert.doesNotMatch(text, UNRULY)
    },
  )
})

topic('K. The record: what is never in it', () => {
  let gate: Gate
  let witness: Witness

  setUp(async () => {
    ;({ gate, witness } = await startPair({
      settings: { record: { stderr: true }, log: { level: 'trace' } },
      http: { headers: { authorization: 'Bearer UPSTREAM-SECRET' } },
      access: ['api-key', 'unlisted'],
      stdio: { env: { TOKEN: 'PROGRAM-SECRET' } },
    }))
  })
  tearDown(() => stop(gate, witness))

  scenario(
    'no key, secret, session id, argument or answer is in any file that the gate keeps, in its log or in a query',
    { for: 'Record: public ids only; API keys: stored as SHA-256', on: LEGACY },
    async (revision) => {
      const secrets = ['UPSTREAM-SECRET', 'PROGRAM-SECRET', 'ARGUMENT-SECRET', 'HEADER-SECRET', 'QUERY-SECRET']
      const params = {
        name: 'echo',
        arguments: { password: 'ARGUMENT-SECRET' },
        _meta: { progressToken: 'ARGUMENT-SECRET' },
      }
      const made = await Promise.all(['http', 'stdio'].map((server) => gate.key(server)))
      const { secret } = await gate.secret('http')
      const other = neverMade()
      secrets.push(...made.map(({ key }) => key.slice(22, 65)), secret.slice(-40), other.slice(22, 65))
      const urls = [gate.mcp('http'), gate.mcp('stdio'), `${gate.mcp('http')}/${secret}`]
      const credentials = [...made.map(({ key }) => bearer(key)), {}]
      for (const [at, url] of urls.entries()) {
        const fields = { ...credentials[at], cookie: 'c=HEADER-SECRET', 'mcp-param-x': 'HEADER-SECRET' }
        const speaker = await speak(`${url}?token=QUERY-SECRET`, revision, fields)
        await speaker.request('tools/call', params)
        await speaker.request('completion/complete', {
          ref: { type: 'ref/prompt', name: 'x' },
          argument: { name: 'a', value: 'ARGUMENT-SECRET' },
        })
        secrets.push(speaker.session as string)
      }
      // Refused: malformed, denied, unknown; and paths that clients derive from a secret URL
      const { key } = made[0] as Issued
      await post(
        gate.mcp('http'),
        '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"ARGUMENT-SECRET"',
        bearer(key),
      )
      await post(gate.mcp('http'), { jsonrpc: '2.0', id: 1, method: 'tools/list' }, bearer(other))
      for (const path of [
        `/.well-known/oauth-protected-resource/http/mcp/${secret}`,
        `/http/mcp/${secret}/.well-known/x`,
        `/http/sse/${secret}`,
      ]) {
        await send(gate.url + path, { method: 'GET', headers: postFields() })
      }
      secrets.push(...witness.sessions)
      const searchAll = (): void => {
        const files = filesBelow(join(gate.directory, 'state'))
        assert.ok(files.length >= 4, 'database, record, sealing key, spool')
        for (const file of files) {
          const bytes = readFileSync(file)
          for (const text of secrets) assert.ok(!bytes.includes(text), `${text} is in ${file}`)
        }
      }
      const events = JSON.stringify(await gate.audit('--limit', '10000'))
      searchAll()
      for (const text of secrets) assert.ok(!events.includes(text) && !gate.log.includes(text), text)
      assert.ok(events.includes('"name":"echo"'))
    },
  )

  scenario('and none is left behind when it has ended', { for: 'Record: public ids only' }, async () => {
    await gate.stop()
    const words = [
      'ARGUMENT-SECRET',
      'UPSTREAM-SECRET',
      'PROGRAM-SECRET',
      'HEADER-SECRET',
      'QUERY-SECRET',
      ...witness.sessions,
    ]
    for (const file of filesBelow(join(gate.directory, 'state'))) {
      const bytes = readFileSync(file)
      for (const text of words) assert.ok(!bytes.includes(text), `${text} is in ${file}`)
    }
    gate = (await startGate({ servers: { http: { upstream: { url: witness.url() }, access: ['public'] } } })) as Gate
    const none: Json[] = await gate.audit('--type', 'request')
    assert.deepEqual(none, [])
  })
})
