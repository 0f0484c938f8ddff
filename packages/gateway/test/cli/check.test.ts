import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { givenFile, SERVER } from '../config/given.ts'
import { run } from './given.ts'

describe('check', () => {
  it('sums up a configuration that is right', async () => {
    const file = givenFile(
      'right.yaml',
      `${SERVER.replace(' }\n', ', b: { upstream: { url: "https://x" }, access: [public] } }\n')}`,
    )

    assert.deepEqual(await run(['check', '--config', file]), {
      code: 0,
      stdout: `${file}: ok, 2 servers: files (api-key), b (public); 0 warnings\n`,
      stderr: '',
    })
    assert.deepEqual(JSON.parse((await run(['check', '--config', file, '--json'])).stdout), {
      ok: true,
      file,
      servers: ['files', 'b'],
      warnings: [],
    })
  })

  it('tells warnings with their lines, and is content', async () => {
    const file = givenFile('warning.yaml', `store: "memory:"\n${SERVER}`)

    const { code, stdout } = await run(['check', '--config', file])

    assert.equal(code, 0)
    const [warning, summary] = stdout.split('\n')
    assert.ok(warning?.startsWith(`warning: ${file}:1:8: store: everything is kept in memory`), warning)
    assert.ok(summary?.endsWith('1 server: files (api-key); 1 warning'), summary)
  })

  it('tells every problem in one answer, and ends with 1', async () => {
    const file = givenFile('wrong.yaml', `log: { level: loud }\nlisen: {}\n${SERVER}`)

    const text = await run(['check', '--config', file])
    const json = await run(['check', '--config', file, '--json'])

    assert.equal(text.code, 1)
    assert.equal(
      text.stdout,
      `${file}:1:15: log.level: must be one of \`trace\`, \`debug\`, \`info\`, \`warn\`, \`error\`, \`fatal\`, \`silent\`
${file}:2:1: lisen: unknown key \`lisen\`; did you mean \`listen\`?
2 problems\n`,
    )
    assert.equal(json.code, 1)
    const { ok, problems } = JSON.parse(json.stdout) as { ok: boolean; problems: { path: string; line: number }[] }
    assert.deepEqual(
      [ok, problems.map(({ path, line }) => [path, line])],
      [
        false,
        [
          ['log.level', 1],
          ['lisen', 2],
        ],
      ],
    )
  })

  it('reads the file that PORTCULLIS_CONFIG names, with the environment it was given', async () => {
    const file = givenFile('env.yaml', `store: $\{env:STORE}\n${SERVER}`)
    assert.equal((await run(['check'], { env: { PORTCULLIS_CONFIG: file, STORE: 'sqlite:x.db' } })).code, 0)
    assert.match((await run(['check'], { env: { PORTCULLIS_CONFIG: file } })).stdout, /STORE is not set/)
  })
})

describe('version', () => {
  it('is printed by the command and by the option', async () => {
    const said = new RegExp(`^portcullis \\d+\\.\\d+\\.\\d+ \\(Node ${process.versions.node}\\)\n$`)
    assert.match((await run(['version'])).stdout, said)
    assert.match((await run(['--version'])).stdout, said)
    assert.deepEqual(Object.keys(JSON.parse((await run(['version', '--json'])).stdout)), ['portcullis', 'node'])
  })
})
