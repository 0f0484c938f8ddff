import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { promisify } from 'node:util'

const HERE = import.meta.dirname
const PINNED = join(HERE, '..', 'tools', 'pinned.mjs')
const stories = readdirSync(HERE).filter((folder) => existsSync(join(HERE, folder, 'main.ts')))

describe('the examples', { concurrency: 2 }, () => {
  for (const story of stories) {
    it(`${story} does what it says`, async () => {
      // A story that does not end by itself has left something open.
      const { stdout, stderr } = await promisify(execFile)(process.execPath, [PINNED, join(HERE, story, 'main.ts')], {
        timeout: 60_000,
      })

      assert.notEqual(stdout, '')
      assert.equal(stderr, '')
    })
  }

  it('are listed, each of them', () => {
    const readme = readFileSync(join(HERE, 'README.md'), 'utf8')

    const missing = stories.filter((story) => !readme.includes(`| [${story}](${story}/server.ts) |`))

    assert.ok(stories.length > 10)
    assert.deepEqual(missing, [])
  })
})
