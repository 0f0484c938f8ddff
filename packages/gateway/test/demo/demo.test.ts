import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { loadConfig } from '../../src/config/index.ts'
import { createDemo } from '../../src/demo/index.ts'
import { seenFrom } from '../../src/demo/seen-from.ts'

const root = realpathSync(mkdtempSync(join(tmpdir(), 'portcullis-demo-')))
after(() => rmSync(root, { recursive: true }))

describe('the configuration of the demonstration', () => {
  it('is right, and its log is for people: warnings and worse', () => {
    const file = createDemo(join(root, 'state'))
    const { settings } = loadConfig(file, process.env)

    assert.deepEqual(settings?.warnings, [])
    assert.equal(settings.log.level, 'warn')
  })

  it('has the port that was asked for, so that a later start is found where the first one was', () => {
    const { settings } = loadConfig(createDemo(join(root, 'port'), 8123), process.env)
    assert.equal(settings?.listen.port, 8123)
    assert.equal(loadConfig(createDemo(join(root, 'port'), 9000), process.env).settings?.listen.port, 8123)
  })

  it('is written once', () => {
    const file = createDemo(join(root, 'twice'))
    const before = readFileSync(file, 'utf8')
    rmSync(file)
    createDemo(join(root, 'twice'))
    assert.equal(readFileSync(file, 'utf8'), before)
  })

  it('names what lies in one tree with it from where it lies itself', () => {
    const state = join(root, 'checkout', 'state')
    mkdirSync(state, { recursive: true })

    assert.equal(seenFrom(state, join(root, 'checkout', 'node_modules', 'x.js')), '../node_modules/x.js')
    assert.equal(seenFrom(state, join(state, 'x.js')), './x.js')
    assert.equal(seenFrom(join(root, 'checkout'), join(root, 'checkout', 'x.js')), './x.js')
  })

  it('names the rest in full', () => {
    const linked = join(root, 'link')
    symlinkSync(join(root, 'checkout', 'state'), linked)

    assert.equal(seenFrom(root, '/no-tree-in-common/node'), '/no-tree-in-common/node')
    assert.equal(seenFrom(linked, join(root, 'checkout', 'x.js')), join(root, 'checkout', 'x.js'))
  })
})
