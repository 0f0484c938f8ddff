import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { it } from 'node:test'
import { publishedKeys } from '../../src/oauth/index.ts'

function jwk(kid: string) {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return { ...publicKey.export({ format: 'jwk' }), kid, alg: 'ES256', use: 'sig' }
}

it('a key that stays published is the same key, so that what it has proven stays proven', async () => {
  const [one, two] = [jwk('one'), jwk('two')]
  let published = JSON.stringify({ keys: [one] })
  const keys = publishedKeys('https://mcp.example.com', () => published)
  const first = await keys.key('one')
  published = JSON.stringify({ keys: [two, one] })

  assert.equal(first?.kid, 'one')
  assert.equal(await keys.key('one'), first)
  assert.equal((await keys.key('two'))?.kid, 'two')
})

it('a key that is published no more is gone at once, and so is one that was never there', async () => {
  let published = JSON.stringify({ keys: [jwk('one')] })
  const keys = publishedKeys('https://mcp.example.com', () => published)
  await keys.key('one')
  published = JSON.stringify({ keys: [] })

  assert.equal(await keys.key('one'), undefined)
  assert.equal(await keys.key('__proto__'), undefined)
})

it('after the first time a key is there without waiting', async () => {
  const published = JSON.stringify({ keys: [jwk('one')] })
  const keys = publishedKeys('https://mcp.example.com', () => published)
  assert.ok(keys.key('one') instanceof Promise)
  await keys.key('one')
  await new Promise((resolve) => setImmediate(resolve))

  assert.ok(!(keys.key('one') instanceof Promise))
})

it('another key under a name that was published before is another key', async () => {
  let published = JSON.stringify({ keys: [jwk('one')] })
  const keys = publishedKeys('https://mcp.example.com', () => published)
  const before = await keys.key('one')
  published = JSON.stringify({ keys: [jwk('one')] })

  assert.notEqual(await keys.key('one'), before)
})
