import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Context, defineCommand, type Entry, Failure, type Group, UsageError } from '../../src/cli/index.ts'
import { run } from './given.ts'

/** A table with one plain command and one group, and what the last call was given. */
function givenCommands(act: (context: Context) => void = () => {}) {
  const calls: Context[] = []
  const loads: string[] = []
  const greet = defineCommand({
    usage: '--name NAME [--loud] [--tag TAG …] [PLACE]',
    about: 'Says hello.',
    options: {
      name: { type: 'string', value: 'NAME', required: true, help: 'Whom to greet' },
      loud: { type: 'boolean', short: 'l', help: 'Greet loudly' },
      tag: { type: 'string', multiple: true, help: 'Marks' },
    },
    positionals: [0, 1],
    async run(context) {
      calls.push(context as unknown as Context)
      act(context as unknown as Context)
      context.answer({ hello: context.values.name }, `hello ${context.values.name}`)
      return 0
    },
  })
  const group: Group = { commands: [entry('greet', 'Greet somebody', greet)] }
  function entry(name: string, summary: string, loaded: Awaited<ReturnType<Entry['load']>>): Entry {
    const load = async () => {
      loads.push(name)
      return loaded
    }
    return { name, summary, load }
  }
  return { commands: [entry('hello', 'Say hello', greet), entry('people', 'Speak with people', group)], calls, loads }
}

describe('a command', () => {
  it('is given its options, and answers in text', async () => {
    const { commands, calls } = givenCommands()

    const ended = await run(['hello', '--name', 'Ada', '-l', '--tag=a', '--tag', 'b', 'here'], { commands })

    assert.deepEqual(ended, { code: 0, stdout: 'hello Ada\n', stderr: '' })
    assert.deepEqual({ ...calls[0]?.values }, { name: 'Ada', loud: true, tag: ['a', 'b'] })
    assert.deepEqual(calls[0]?.positionals, ['here'])
  })

  it('answers on one line of JSON when asked to, wherever the option stands', async () => {
    const { commands } = givenCommands()
    for (const argv of [
      ['hello', '--name', 'Ada', '--json'],
      ['--json', 'hello', '--name', 'Ada'],
      ['people', '--json', 'greet', '--name', 'Ada'],
    ]) {
      assert.deepEqual(await run(argv, { commands }), { code: 0, stdout: '{"hello":"Ada"}\n', stderr: '' })
    }
  })

  it('is loaded when it is called, and no other is', async () => {
    const { commands, loads } = givenCommands()
    await run(['people', 'greet', '--name', 'Ada'], { commands })
    assert.deepEqual(loads, ['people', 'greet'])
  })

  it('speaks of the file it is told, else of PORTCULLIS_CONFIG, else of ./portcullis.yaml', async () => {
    const { commands, calls } = givenCommands()
    const env = { PORTCULLIS_CONFIG: '/etc/gate.yaml' }

    await run(['hello', '--name', 'a', '--config', 'x.yaml'], { commands, env })
    await run(['--config', 'y.yaml', 'hello', '--name', 'a'], { commands, env })
    await run(['people', '--config=z.yaml', 'greet', '--name', 'a'], { commands, env })
    await run(['hello', '--name', 'a'], { commands, env })
    await run(['hello', '--name', 'a'], { commands })

    const files = calls.map(({ configFile }) => configFile)
    assert.deepEqual(files, ['x.yaml', 'y.yaml', 'z.yaml', '/etc/gate.yaml', 'portcullis.yaml'])
  })

  it('that fails says why, and ends with 1', async () => {
    const failing = givenCommands(() => {
      throw new Failure('the server is not there')
    })
    const ended = await run(['hello', '--name', 'a'], { commands: failing.commands })
    assert.deepEqual(ended, { code: 1, stdout: '', stderr: 'portcullis: the server is not there\n' })
  })

  it('that finds itself used wrongly says why, and ends with 2', async () => {
    const picky = givenCommands(() => {
      throw new UsageError('choose one')
    })
    const ended = await run(['people', 'greet', '--name', 'a'], { commands: picky.commands })
    assert.deepEqual(ended, { code: 2, stdout: '', stderr: 'portcullis: people greet: choose one\n' })
  })

  it('that breaks ends with 1, and shows where', async () => {
    const broken = givenCommands(() => {
      throw new RangeError('out of bounds')
    })
    const { code, stderr } = await run(['hello', '--name', 'a'], { commands: broken.commands })
    assert.equal(code, 1)
    assert.match(stderr, /^portcullis: unexpected: RangeError: out of bounds\n +at /)
  })

  it('that needs a configuration with problems prints them all, and ends with 1', async () => {
    const { commands } = givenCommands()
    const needy: Entry = {
      name: 'needy',
      summary: '',
      load: async () =>
        defineCommand({
          usage: '',
          options: {},
          async run({ settings }) {
            await settings()
            return 0
          },
        }),
    }
    const { code, stdout, stderr } = await run(['needy', '--config', 'no.yaml'], { commands: [...commands, needy] })
    assert.deepEqual([code, stdout], [1, ''])
    assert.equal(stderr, 'no.yaml: there is no such file; name one with --config FILE\n')
  })
})

describe('a command with a configuration of its own', () => {
  const own: Entry = {
    name: 'own',
    summary: '',
    load: async () => defineCommand({ usage: '', options: {}, ownConfig: 'has its own', run: async () => 0 }),
  }

  it('refuses another, and is not kept from running by that of the environment', async () => {
    for (const argv of [
      ['own', '--config', 'x.yaml'],
      ['--config=x.yaml', 'own'],
    ]) {
      assert.deepEqual(await run(argv, { commands: [own] }), {
        code: 2,
        stdout: '',
        stderr: 'portcullis: own: has its own\n',
      })
    }
    assert.equal((await run(['own'], { commands: [own], env: { PORTCULLIS_CONFIG: 'x.yaml' } })).code, 0)
  })

  it('shows no option for it', async () => {
    const { stdout } = await run(['own', '--help'], { commands: [own] })
    assert.doesNotMatch(stdout, /--config/)
    assert.match(stdout, /--json/)
  })

  it('is the demonstration', async () => {
    const { code, stderr } = await run(['demo', '--config', 'x.yaml'])
    assert.equal(code, 2)
    assert.match(stderr, /^portcullis: demo: .*"portcullis serve --config FILE"/)
  })
})

describe('used wrongly, a command says in one line what was wrong, and ends with 2', () => {
  const cases: [argv: string[], said: string][] = [
    [['helo'], 'unknown command "helo"; did you mean `hello`?'],
    [['constructor'], 'unknown command "constructor"; "portcullis --help" lists those that there are'],
    [
      ['people', 'elsewhere'],
      'unknown command "people elsewhere"; "portcullis people --help" lists those that there are',
    ],
    [['help', 'helo'], 'unknown command "helo"; did you mean `hello`?'],
    [['people', 'gret'], 'unknown command "people gret"; did you mean `greet`?'],
    [['hello', '--nam', 'a'], 'hello: unknown option --nam; did you mean `--name`?'],
    [['hello', '-x'], 'hello: unknown option -x'],
    [['hello', '--constructor'], 'hello: unknown option --constructor'],
    [['hello'], 'hello: option --name is missing: --name NAME'],
    [['hello', '--name'], 'hello: option --name needs a value: --name NAME'],
    [['hello', '--name', '--json'], 'hello: option --name needs a value: --name NAME'],
    [['hello', '--name', 'a', '--config'], 'hello: option --config needs a value: --config FILE'],
    [['hello', '--name', 'a', '--name', 'b'], 'hello: option --name stands twice'],
    [['hello', '--name', 'a', '--json=yes'], 'hello: option --json takes no value'],
    [['hello', '--name', 'a', 'b', 'c'], 'hello: unexpected argument "c"'],
    [['--verbose'], 'unknown option --verbose'],
  ]
  for (const [argv, said] of cases) {
    it(argv.join(' '), async () => {
      const ended = await run(argv, { commands: givenCommands().commands })
      assert.deepEqual(ended, { code: 2, stdout: '', stderr: `portcullis: ${said}\n` })
    })
  }

  it('a secret that was typed in a wrong place is shown nowhere', async () => {
    const { commands } = givenCommands()
    const tail = 'xzbxx3s8lfocnsr4_SECRET'
    const places = [
      [`pcls_${tail}`],
      ['people', `pclu_${tail}`],
      ['help', `pcls_${tail}`],
      ['hello', `--pcls_${tail}`],
      ['hello', '--name', 'a', 'b', `https://gate.example/files/mcp/pclu_${tail}`],
      ['hello', '--name', 'a', 'b', `two pcls_${tail} words SECRET`],
    ]
    for (const argv of places) {
      const { code, stdout, stderr } = await run(argv, { commands })
      assert.deepEqual([code, stdout], [2, ''], argv.join(' '))
      assert.doesNotMatch(stderr, /SECRET|xzbxx/)
      assert.match(stderr, /un(known|expected) .*\(it holds a secret and is not shown\)/)
    }
    // Where messages are made further inside, the same holds.
    const failing = defineCommand({
      usage: '',
      options: {},
      run: () => Promise.reject(new Failure(`there is no server pcls_${tail}; there are two`)),
    })
    const { stderr } = await run(['fail'], { commands: [{ name: 'fail', summary: '', load: async () => failing }] })
    assert.equal(stderr, 'portcullis: there is no server (a secret); there are two\n')
  })

  it('a value with a hyphen is meant when it is joined to its option', async () => {
    const { commands, calls } = givenCommands()
    await run(['hello', '--name=-a'], { commands })
    assert.equal(calls[0]?.values.name, '-a')
  })
})

describe('help', () => {
  it('is there on every level, on stdout', async () => {
    const { commands } = givenCommands()

    const all = await run(['--help'], { commands })
    assert.equal(all.code, 0)
    assert.match(all.stdout, /Usage: portcullis COMMAND \[OPTIONS\]/)
    assert.match(all.stdout, /hello +Say hello\n +people +Speak with people/)

    const group = await run(['people', '-h'], { commands })
    assert.equal(group.code, 0)
    assert.match(group.stdout, /^Speak with people\n\nUsage: portcullis people COMMAND/)
    assert.match(group.stdout, /greet +Greet somebody/)

    for (const argv of [
      ['people', 'greet', '--help'],
      ['--help', 'people', 'greet'],
      ['people', '--help', 'greet'],
    ]) {
      const one = await run(argv, { commands })
      assert.equal(one.code, 0)
      assert.match(one.stdout, /Usage: portcullis people greet --name NAME \[--loud\]/)
      assert.match(one.stdout, /Says hello\./)
      assert.match(one.stdout, /--name NAME +Whom to greet \(required\)/)
      assert.match(one.stdout, /-l, --loud +Greet loudly/)
      assert.match(one.stdout, /--config FILE/)
    }
  })

  it('is what the word help asks for', async () => {
    const { commands } = givenCommands()
    for (const [words, option] of [
      [['help'], ['--help']],
      [['help', '--help'], ['--help']],
      [
        ['--json', 'help', 'people'],
        ['people', '--help'],
      ],
      [
        ['people', 'help'],
        ['people', '--help'],
      ],
      [
        ['help', 'people', 'greet'],
        ['people', 'greet', '--help'],
      ],
      [
        ['people', 'help', 'greet'],
        ['people', 'greet', '--help'],
      ],
    ] as const) {
      const asked = await run(words, { commands })

      assert.equal(asked.code, 0)
      assert.deepEqual(asked, await run(option, { commands }))
    }
  })

  it('is shown on stderr where a command is missing', async () => {
    const { commands } = givenCommands()
    for (const argv of [[], ['people'], ['people', '--json']]) {
      const { code, stdout, stderr } = await run(argv, { commands })
      assert.deepEqual([code, stdout], [2, ''])
      assert.match(stderr, /Usage: portcullis/)
    }
  })

  it('of every command of the gate can be had, and has no option without words', async () => {
    const { COMMANDS } = await import('../../src/cli/commands.ts')
    async function visit(entries: readonly Entry[], path: readonly string[]): Promise<void> {
      for (const entry of entries) {
        const { code, stdout } = await run([...path, entry.name, '--help'])
        assert.equal(code, 0)
        assert.ok(stdout.includes(`Usage: portcullis ${[...path, entry.name].join(' ')}`))
        assert.doesNotMatch(stdout, /^ +-\S.* $/m)
        const loaded = await entry.load()
        if ('commands' in loaded) await visit(loaded.commands, [...path, entry.name])
      }
    }
    await visit(COMMANDS, [])
  })
})
