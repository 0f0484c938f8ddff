import assert from 'node:assert/strict'
import { lstatSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { type Gate, givenDirectory, launch, PROGRAM, type StartOptions } from './harness/gate.ts'
import { bearer, speak, textOf, toolNames } from './harness/mcp.ts'
import { childrenOf, freePort, isAlive, runProgram, until } from './harness/processes.ts'
import { Person, setUpAccount, signInV1 } from './harness/sign-in.ts'
import { LEGACY, scenario, setUp, tearDown, topic } from './harness/suite.ts'

const demo = (directory: string, port: number): string[] => [
  'demo',
  '--port',
  String(port),
  '--state',
  directory,
  '--json',
]

/**
 * The same command at a terminal: `script` makes one, passes on what is typed, and ends as the process does that it has
 * started. That is a shell, which puts our program in its own place where it is told to; else the shell may end by the
 * interrupt (dash does, bash does not), and what our program made of it would be seen by nobody.
 */
function givenTerminal(args: readonly string[], shell: 'replaced' | 'between'): Partial<StartOptions> {
  const words = [process.execPath, PROGRAM, ...args].map((word) => `'${word}'`).join(' ')
  const line = shell === 'replaced' ? `exec ${words}` : `${words}; exit $?`
  const env = { ...process.env, SHELL: '/bin/sh' }
  return { command: ['script', '-qefc', line, '/dev/null'], isGroup: false, hasInput: true, env }
}

const INTERRUPTED_FROM = ['a terminal', 'a terminal whose shell may not wait', 'a process group without a terminal']

/** A process and all below it. */
function family(pid: number): number[] {
  return [pid, ...childrenOf(pid).flatMap(family)]
}

topic('A. The story: two commands', () => {
  let directory: string
  let port: number
  let gate: Gate
  let key: string

  setUp(async () => {
    directory = join(givenDirectory(), 'state')
    port = await freePort()
    gate = await launch(directory, { args: demo(directory, port) })
    key = gate.ready.apiKey as string
  })
  tearDown(() => gate.stop())

  scenario(
    'the first start says in one line of JSON where it stands, and shows a key',
    { for: 'story 1, architecture §3' },
    () => {
      const url = `http://127.0.0.1:${port}`
      const line = JSON.stringify({
        ready: true,
        url,
        servers: { everything: { mcp: `${url}/everything/mcp` } },
        apiKey: key,
        admin: { url: `${url}/account/setup`, setupToken: gate.ready.admin?.setupToken },
      })

      assert.equal(gate.stdout, `${line}\n`)
      assert.match(gate.ready.admin?.setupToken ?? '', /^[A-Za-z0-9_-]{43}$/)
      assert.match(key, /^pcls_[0-9a-z]{16}_[A-Za-z0-9_-]{43}_[0-9A-Za-z]{6}$/)
    },
  )

  scenario('a real server is behind the key', { for: 'story 1, 2', on: LEGACY }, async (revision) => {
    const speaker = await speak(gate.mcp('everything'), revision, bearer(key))

    const listed = await speaker.request('tools/list')
    const called = await speaker.request('tools/call', { name: 'echo', arguments: { message: 'hello' } })

    assert.ok(toolNames(listed).includes('echo'))
    assert.equal(textOf(called), 'Echo: hello')
  })

  scenario(
    'keys are made, listed and revoked by the file in the state directory, while it runs',
    { for: 'story 4, architecture §3' },
    async () => {
      const made = await gate.key('everything')
      const speaker = await speak(gate.mcp('everything'), '2025-11-25', bearer(made.key))
      const listed = await gate.ask<{ keys: { id: string; status: string }[] }>('keys', 'list')
      await gate.ask('keys', 'revoke', made.id)
      const refused = await speaker.request('tools/list')

      assert.equal(gate.configFile, join(directory, 'portcullis.yaml'))
      assert.equal(listed.keys.find(({ id }) => id === made.id)?.status, 'active')
      assert.equal(listed.keys.length, 2)
      assert.equal(refused.status, 403, 'a 401 would send the client to sign in')
    },
  )

  scenario(
    'the first account is made with the token that the start shows, once; then a client needs nothing but the URL',
    { for: 'sign in, story 1' },
    async () => {
      const home = join(givenDirectory(), 'state')
      const first = await launch(home, { args: demo(home, await freePort()) })
      const admin = first.ready.admin as { url: string; setupToken: string }
      const person = new Person('ada@example.com')
      const made = await setUpAccount(admin.url, admin.setupToken, person)
      const again = await setUpAccount(admin.url, admin.setupToken, new Person('eve@example.com'))
      const client = await signInV1.signIn(first.mcp('everything'), person)
      const echoed = await client.call('echo', { message: 'hello' })
      await client.close()
      const { users } = await first.ask<{ users: { name: string; admin: boolean }[] }>('users', 'list')
      await first.stop()
      const second = await launch(home, { args: demo(home, await freePort()) })
      await second.stop()

      assert.ok(made < 400, `the account is made: ${made}`)
      assert.ok(again >= 400 || users.length === 1, 'nobody makes another one')
      assert.equal(echoed, 'Echo: hello')
      assert.deepEqual(
        users.map(({ name, admin: isAdmin }) => [name, isAdmin]),
        [['ada@example.com', true]],
      )
      assert.equal(second.ready.admin, null)
    },
  )

  scenario('what it keeps is for its user alone', { for: 'Outside: state directory 0700' }, async () => {
    await speak(gate.mcp('everything'), '2025-11-25', bearer(key))
    const entries = readdirSync(directory, { recursive: true, withFileTypes: true })
    const modes = entries.map((entry) => {
      const path = join(entry.parentPath, entry.name)
      const stats = lstatSync(path)
      return [path, (stats.mode & 0o777).toString(8), stats.isDirectory() ? '700' : '600'] as const
    })

    assert.equal((lstatSync(directory).mode & 0o777).toString(8), '700')
    assert.ok(modes.length >= 4, 'configuration, database, sealing key, spool')
    for (const [path, mode, wanted] of modes) assert.equal(mode, wanted, path)
  })

  scenario('the key is in nothing that it keeps', { for: 'API keys: stored as SHA-256' }, async () => {
    const found = await runProgram('grep', ['-r', '-a', '-l', '-F', key.slice(22, 65), directory])
    assert.equal(found.stdout, '')
  })

  for (const from of INTERRUPTED_FROM) {
    scenario(
      `Ctrl-C from ${from} ends everything, children included, and the next start keeps the keys and shows none`,
      { for: 'story 1' },
      async () => {
        // Given a gate of its own, with a child that is at work for somebody
        const home = join(givenDirectory(), 'state')
        const port = await freePort()
        const shell = from.includes('shell') ? 'between' : 'replaced'
        const terminal = from.startsWith('a terminal') ? givenTerminal(demo(home, port), shell) : undefined
        const first = await launch(home, { args: demo(home, port), isGroup: true, ...terminal })
        const ownKey = first.ready.apiKey as string
        const before = await speak(first.mcp('everything'), '2025-11-25', bearer(ownKey))
        const atWork = before
          .request('tools/call', { name: 'trigger-long-running-operation', arguments: { duration: 1, steps: 1 } })
          .then(textOf)
        await pause(200)
        const pids = family(first.launcher.pid as number)

        // When the interrupt comes
        const startedAt = performance.now()
        if (terminal !== undefined) first.launcher.stdin?.write('\x03')
        else process.kill(-(first.launcher.pid as number), 'SIGINT')
        await until(
          'it has ended',
          () => first.launcher.exitCode !== null || first.launcher.signalCode !== null,
          15_000,
        )

        // Then the one who was waiting got an answer, and nothing is left
        assert.match(await atWork, /completed/)
        assert.ok(pids.length >= 3, `launcher, gate, child: ${pids}`)
        await until('all have ended', () => !pids.some(isAlive), shell === 'replaced' ? 1000 : 5000)
        if (shell === 'replaced') assert.equal(first.launcher.exitCode, 0)
        assert.ok(performance.now() - startedAt < 5000)

        // And the second start knows the key without showing it
        const second = await launch(home, { args: demo(home, await freePort()) })
        assert.equal(second.ready.apiKey, null)
        assert.match(second.stdout, /"apiKey":null,"admin":\{.*\}\}\n$/)
        const after = await speak(second.mcp('everything'), '2025-11-25', bearer(ownKey))
        assert.ok(toolNames(await after.request('tools/list')).includes('echo'))
        await second.stop()
      },
    )
  }

  scenario('without --json it prints the URL, the key and a snippet that works', { for: 'story 1' }, async () => {
    const home = join(givenDirectory(), 'state')
    const free = await freePort()
    const shown = await launch(home, { args: demo(home, free).slice(0, -1), saysReady: false })

    await until('key', () => shown.stdout.includes('Keep it'))
    const snippet = /\{\n {2}.*?\n {2}\}\n/s.exec(shown.stdout)?.[0] ?? ''
    const { mcpServers } = JSON.parse(snippet)
    const { url, headers } = mcpServers.everything
    const speaker = await speak(url, '2025-11-25', { authorization: headers.Authorization })

    assert.equal(url, `http://127.0.0.1:${free}/everything/mcp`)
    assert.ok(toolNames(await speaker.request('tools/list')).includes('echo'))

    // The key stays where a person looks, whatever the gate does next
    const [, key] = headers.Authorization.split(' ')
    const last = shown.stdout.trimEnd().split('\n').slice(-6)
    assert.ok(
      last.some((line) => line.includes(key)),
      shown.stdout,
    )
    assert.match(last.at(-1) ?? '', /\/account\/setup#[A-Za-z0-9_-]{43}$/)
    assert.equal(shown.log, '')
    await shown.stop()
  })

  scenario(
    'npm start hands its arguments on, and ends with its terminal',
    { for: 'story 1, architecture §3' },
    async () => {
      const home = join(givenDirectory(), 'state')
      const free = await freePort()
      const started = await launch(home, {
        command: ['npm', 'start', '--', ...demo(home, free).slice(1)],
        isGroup: true,
        saysReady: false,
      })
      const line = await until(
        'the ready line',
        () => started.stdout.split('\n').find((text) => text.startsWith('{')),
        20_000,
      )
      const pids = family(started.launcher.pid as number)
      process.kill(-(started.launcher.pid as number), 'SIGINT')
      await until('all have ended', () => !pids.some(isAlive), 15_000)

      assert.equal(JSON.parse(line).url, `http://127.0.0.1:${free}`)
      assert.deepEqual(
        started.stdout.split('\n').filter((text) => text !== ''),
        [line],
        'nothing else is on stdout',
      )
    },
  )
})
