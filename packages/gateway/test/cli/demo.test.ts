import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { it } from 'node:test'
import { givenDirectory } from '../record/given.ts'
import { run } from './given.ts'

it('options that npm has kept are asked for behind --', async () => {
  const state = join(givenDirectory(), 'state')
  const started = (env: Record<string, string>, ...args: string[]) =>
    run(['demo', '--state', state, ...args], { env: { npm_lifecycle_event: 'start', ...env } })

  for (const [env, args, wanted] of [
    [{ npm_config_port: 'true' }, ['8011'], '--port N'],
    [{ npm_config_port: '8011' }, [], '--port N'],
    [{ npm_config_port: 'true', npm_config_json: 'true' }, ['8011'], '--port N --json'],
  ] as const) {
    const { code, stderr } = await started(env, ...args)
    assert.equal(code, 2)
    assert.equal(stderr, `portcullis: demo: npm keeps options for itself: npm start -- ${wanted}\n`)
  }
  assert.match((await started({}, '8011')).stderr, /unexpected argument "8011"/)
  assert.match((await started({}, '--port', 'x')).stderr, /--port takes a number/)
  assert.equal(existsSync(state), false)
})
