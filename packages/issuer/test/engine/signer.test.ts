import assert from 'node:assert/strict'
import { generateKeyPairSync, verify } from 'node:crypto'
import { it } from 'node:test'
import { Signer } from '../../src/engine/signer.ts'

it('signs as JWS wants it, whichever length the numbers of the signature have', () => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const signer = new Signer({ ...privateKey.export({ format: 'jwk' }), kid: 'k', alg: 'ES256' } as never)

  // One number in 256 is a byte shorter, and every other one has a byte more in DER.
  for (let round = 0; round < 2000; round++) {
    const data = Buffer.from(`round ${round}`)
    const signature = signer.sign(data)
    assert.equal(signature.length, 64)
    assert.ok(verify('sha256', data, { key: publicKey, dsaEncoding: 'ieee-p1363' }, signature))
  }
})

it('signs with Ed25519, too', () => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const signer = new Signer({ ...privateKey.export({ format: 'jwk' }), kid: 'k', alg: 'EdDSA' } as never)
  const data = Buffer.from('text')

  assert.ok(verify(null, data, publicKey, signer.sign(data)))
})

it('shows no private half', () => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const signer = new Signer({ ...privateKey.export({ format: 'jwk' }), kid: 'k', alg: 'ES256' } as never)

  assert.equal(signer.keyObject().type, 'public')
  assert.equal((signer as unknown as { d?: string }).d, undefined)
})
