import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { behind, connectionsFor, descriptorLimit } from '../../src/config/descriptors.ts'
import { didYouMean, formatProblem } from '../../src/config/index.ts'
import { parseDuration, parseSize } from '../../src/config/units.ts'

describe('units', () => {
  it('make milliseconds of durations', () => {
    const texts = ['250ms', '30s', '5m', '12h', '90d', '0s']
    assert.deepEqual(texts.map(parseDuration), [250, 30_000, 300_000, 43_200_000, 7_776_000_000, 0])
  })

  it('make bytes of sizes', () => {
    assert.deepEqual(['1B', '16KiB', '4MiB', '1GiB'].map(parseSize), [1, 16_384, 4_194_304, 1_073_741_824])
  })

  it('know no other spelling', () => {
    for (const text of ['', '5', '05s', '5 s', '-5s', '5S', '5s ', '1e3s', '5w', '٥s']) {
      assert.equal(parseDuration(text), undefined, text)
    }
    for (const text of ['', '5', '5KB', '5kib', '5K', '0x5B', '5.5MiB']) assert.equal(parseSize(text), undefined, text)
  })
})

describe('suggestions', () => {
  const known = ['access', 'upstream', 'scopes', 'idle']

  it('offer the word that was meant', () => {
    for (const [typed, meant] of [
      ['acces', 'access'],
      ['Access', 'access'],
      ['upstraem', 'upstream'],
      ['scpoes', 'scopes'],
      ['idel', 'idle'],
    ] as const) {
      assert.equal(didYouMean(typed, known), `; did you mean \`${meant}\`?`)
    }
  })

  it('offer nothing when nothing is near', () => {
    for (const typed of ['cache', '', 'x'.repeat(10_000)]) assert.equal(didYouMean(typed, known), '')
  })
})

describe('a problem in print', () => {
  it('is one line that begins with its place', () => {
    const problem = { line: 3, column: 5, path: 'log.level', message: 'is wrong' }
    assert.equal(formatProblem('gate.yaml', problem), 'gate.yaml:3:5: log.level: is wrong')
  })

  it('cannot steer a terminal', () => {
    const problem = { line: 0, column: 0, path: 'a\u001b[2Jb\n', message: 'is\u202e wrong' }
    assert.equal(formatProblem('gate.yaml', problem), 'gate.yaml: a\\u001b[2Jb\\u000a: is\\u202e wrong')
  })
})

describe('connections', () => {
  it('leave room for the other end of each and for what else is open', () => {
    assert.equal(connectionsFor(1024, { children: 0, httpServers: 1 }), 444)
    assert.equal(connectionsFor(Number.MAX_SAFE_INTEGER, { children: 16, httpServers: 1 }), 10_000)
    assert.equal(connectionsFor(64, { children: 0, httpServers: 1 }), 16)
    assert.ok(descriptorLimit() > 0)
  })

  it('leave room for three pipes of each program, where a server is one', () => {
    const [http, stdio] = [{ kind: 'http' }, { kind: 'stdio' }] as const

    assert.deepEqual(behind([http, http], { maxTotal: 100 }), { children: 0, httpServers: 2 })
    assert.deepEqual(behind([http, stdio], { maxTotal: 100 }), { children: 100, httpServers: 1 })
    assert.equal(connectionsFor(1024, { children: 100, httpServers: 1 }), 294)
  })
})
