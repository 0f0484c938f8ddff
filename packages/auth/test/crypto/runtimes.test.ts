import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { promisify } from 'node:util'
import fc from 'fast-check'
import * as node from '../../src/crypto/runtime.node.ts'
import * as web from '../../src/crypto/runtime.web.ts'

/** The same, as one that may take its time. */
type Late<F> = F extends (...args: infer Args) => infer R ? (...args: Args) => R | Promise<R> : never
/** Does not compile where the web's runtime has another shape than Node's. */
const sameShape: { readonly [Name in keyof typeof node]: Late<(typeof node)[Name]> } = web

const home = join(import.meta.dirname, '..', '..')
const { NODE_TEST_CONTEXT: _, NODE_OPTIONS: __, ...environment } = process.env
/** Runs Node as another runtime would choose our files. @returns what it wrote; rejects where it fails. */
async function runAs(conditions: readonly string[], ...args: readonly string[]): Promise<string> {
  const options = ['portcullis-source', ...conditions].map((condition) => `--conditions=${condition}`)
  const settings = { cwd: home, env: environment, maxBuffer: 1 << 24 }
  const all = [...options, '--disable-warning=ExperimentalWarning', ...args]
  return (await promisify(execFile)(process.execPath, all, settings)).stdout
}

const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.constantFrom('\ud800', '\udfff', 'a', 'é') }),
)

describe('the runtime of the web', () => {
  it('has what the one of Node has, and nothing else', () => {
    assert.deepEqual(Object.keys(sameShape).sort(), Object.keys(node).sort())
  })

  it('makes the same hashes of every text, half surrogates included', async () => {
    await fc.assert(
      fc.asyncProperty(anyText, async (text) => {
        assert.deepEqual(await web.sha256(text), new Uint8Array(node.sha256(text)))
        assert.equal(await web.sha256Latin1(text), node.sha256Latin1(text))
        assert.equal(await web.isSha256(node.sha256(text), text), true)
      }),
    )
  })

  it('knows a digest that differs in one bit anywhere, or in length', async () => {
    const digest = await web.sha256('abc')
    for (let bit = 0; bit < 256; bit++) {
      const other = new Uint8Array(digest)
      other[bit >> 3] = (other[bit >> 3] as number) ^ (1 << (bit & 7))
      assert.equal(await web.isSha256(other, 'abc'), false, `bit ${bit}`)
    }
    for (const length of [0, 31, 33]) {
      await assert.rejects(async () => web.isSha256(new Uint8Array(length), 'abc'), RangeError)
      assert.throws(() => node.isSha256(new Uint8Array(length), 'abc'), RangeError)
    }
  })

  it('spells and reads bytes alike', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        assert.equal(web.toBase64Url(bytes), node.toBase64Url(bytes))
        assert.equal(web.decodeUtf8(bytes), node.decodeUtf8(bytes))
      }),
    )
  })

  it('draws as many random bytes as it is asked for', () => {
    for (const length of [0, 1, 65_536, 200_000]) assert.equal(web.randomBytes(length).length, length)
    const tail = web.randomBytes(200_000).subarray(-64)
    assert.ok(new Set(tail).size > 16, 'the last ones are drawn, too')
  })

  it('defers work without a timer, which a Worker may drop', async () => {
    const done: string[] = []
    web.defer(() => done.push('deferred'))
    done.push('at once')

    await null
    assert.deepEqual(done, ['at once', 'deferred'])
  })

  it('says that it cannot seal', () => {
    for (const use of [web.sealBytes, web.openBytes]) {
      assert.throws(() => use(new Uint8Array(32), new Uint8Array(40), ''), { name: 'TypeError', message: /needs Node/ })
    }
  })

  it('is chosen by its condition, and only then do hashes come by promise', async () => {
    const script = `const { digestOf } = await import('@portcullis/auth/crypto'); console.log(digestOf('') instanceof Promise)`

    assert.equal(await runAs(['workerd'], '--input-type=module', '--eval', script), 'true\n')
    assert.equal(await runAs([], '--input-type=module', '--eval', script), 'false\n')
  })

  it('keeps what the guard and the keys promise', async () => {
    const guard = ['verdicts', 'gates', 'secret-url', 'later', 'tokens', 'watch', 'presented', 'fixed-keys']
    const files = [...guard.map((name) => `guard/${name}`), 'keys/issue', 'keys/hand-over', 'crypto/secrets']
    const paths = files.map((name) => join(home, 'test', `${name}.test.ts`))
    // What is told at once on Node comes by promise here.
    const skip = '--test-skip-pattern=is verified once and weighed each time'

    await runAs(['workerd'], '--test', skip, ...paths)
  })
})
