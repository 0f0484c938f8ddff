import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { describe, it } from 'node:test'
import { compactVerify, exportJWK, generateKeyPair, SignJWT } from 'jose'
import { importVerificationKey, isSignedBy, SIGNATURES } from '../../src/crypto/index.ts'
import { verifySignature } from '../../src/crypto/runtime.node.ts'

/** The same token with one bit of its signature changed, still as encoders write it. */
function withOtherSignature(token: string): string {
  const at = token.lastIndexOf('.') + 1
  return token.slice(0, at) + (token[at] === 'A' ? 'B' : 'A') + token.slice(at + 1)
}

async function given(alg: string) {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true })
  const jwk = { ...(await exportJWK(publicKey)), alg, kid: 'k' }
  const token = await new SignJWT({ sub: 'somebody' }).setProtectedHeader({ alg, kid: 'k' }).sign(privateKey)
  return { jwk, token, key: await importVerificationKey(jwk) }
}

describe('a signature', () => {
  for (const alg of SIGNATURES) {
    it(`of ${alg} is verified at once, and as jose does`, async () => {
      const { token, key } = await given(alg)
      const other = await given(alg)
      const wrong = withOtherSignature(token)

      assert.equal(await isSignedBy(token, key, alg), true)
      assert.equal(await isSignedBy(wrong, key, alg), false)
      assert.equal(await isSignedBy(token, other.key, alg), false)
      assert.equal(await isSignedBy(token.replace(/\.[^.]*$/, '.'), key, alg), false)
      await compactVerify(token, key.key, { algorithms: [alg] })
      await assert.rejects(compactVerify(wrong, key.key, { algorithms: [alg] }))
      const [head = '', body = '', signature = ''] = token.split('.')
      const bytes = Buffer.from(signature, 'base64url')
      assert.equal(verifySignature(alg, key.key, `${head}.${body}`, bytes), true)
      assert.equal(verifySignature(alg, key.key, `${head}.${body}x`, bytes), false)
      assert.equal(verifySignature(alg, key.key, `${head}.${body}`, bytes.subarray(1)), false)
    })
  }

  it('in another form (DER) is none', async () => {
    const { token, key } = await given('ES256')
    const [head = '', body = ''] = token.split('.')
    const der = Buffer.from('3006020101020101', 'hex')

    assert.equal(verifySignature('ES256', key.key, `${head}.${body}`, der), false)
  })

  it('by an algorithm that is not known here is for others to judge', async () => {
    const { key } = await given('ES256')

    for (const alg of ['HS256', 'none', 'RS1', '__proto__', 'constructor']) {
      assert.equal(verifySignature(alg, key.key, 'x', new Uint8Array(64)), undefined)
    }
  })
})

describe('a published key', () => {
  it('of RSA below 2048 bits is none (RFC 7518 §3.3)', async () => {
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 1024 })
    const jwk = { ...publicKey.export({ format: 'jwk' }), kid: 'k', alg: 'RS256' }

    await assert.rejects(importVerificationKey(jwk))
  })

  it('of another curve than its algorithm’s is none', async () => {
    const { jwk } = await given('ES384')

    await assert.rejects(importVerificationKey({ ...jwk, alg: 'ES256' }))
  })
})
