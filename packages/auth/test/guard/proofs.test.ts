import assert from 'node:assert/strict'
import { beforeEach, describe, it } from 'node:test'
import { nameOf } from '../../src/crypto/index.ts'
import { type Principal, principalKey, type TokenIssuer } from '../../src/guard/index.ts'
import { type Proof, Proofs } from '../../src/guard/proofs.ts'
import { type Given, givenTokens, ISSUER } from './tokens.ts'

describe('proofs', () => {
  let given: Given
  let asked: number
  let issuer: TokenIssuer
  beforeEach(async () => {
    given = await givenTokens()
    asked = 0
    issuer = {
      issuer: ISSUER,
      key(kid) {
        asked++
        return given.keys.get(kid)
      },
    }
  })

  async function prove(proofs: Proofs, token: string): Promise<Proof> {
    const proof = await proofs.prove(token, await nameOf(token))
    assert.ok(typeof proof !== 'string', String(proof))
    return proof
  }

  it('of many tokens share what the tokens have in common', async () => {
    const proofs = new Proofs([issuer])
    const one = await prove(proofs, await given.token({ jti: 'one', sub: 'ada' }))
    const two = await prove(proofs, await given.token({ jti: 'two', sub: 'bob', client_id: 'another' }))
    const other = await prove(proofs, await given.token({ jti: 'three', scope: 'files:write' }))

    assert.equal(one.terms, two.terms)
    assert.notEqual(one.terms, other.terms)
    assert.deepEqual([one.subject, two.subject, two.clientId], ['ada', 'bob', 'another'])
  })

  it('are kept up to a bound; those that are asked for stay', async () => {
    const proofs = new Proofs([issuer], 4)
    const tokens = await Promise.all(Array.from({ length: 12 }, (_, index) => given.token({ jti: `t${index}` })))
    const first = await prove(proofs, tokens[0] as string)
    for (const token of tokens) {
      await prove(proofs, token)
      assert.equal(await prove(proofs, tokens[0] as string), first)
    }

    assert.notEqual(proofs.find(await nameOf(tokens[11] as string)), undefined)
    assert.equal(proofs.find(await nameOf(tokens[1] as string)), undefined)
  })

  it('are asked for by the whole text: no other token has the same', async () => {
    const proofs = new Proofs([issuer])
    const token = await given.token()
    await prove(proofs, token)

    assert.equal(proofs.find(await nameOf(`${token} `)), undefined)
    assert.equal(proofs.find(await nameOf(token.toLowerCase())), undefined)
  })

  it('hold only while the very same key is published, which is asked each time', async () => {
    const proofs = new Proofs([issuer])
    const token = await given.token()
    const name = await nameOf(token)
    await prove(proofs, token)
    assert.ok(!(proofs.prove(token, name) instanceof Promise))
    assert.equal(asked, 2)
    given.keys.clear()

    assert.equal(await proofs.prove(token, name), 'key')
    assert.equal(proofs.find(name), undefined)
  })
})

it('whoever is called with spaces is nobody else', () => {
  const usual = { kind: 'oauth', issuer: ISSUER, credentialId: 'c', scopes: new Set(), roles: new Set() } as const
  const people: readonly Pick<Principal, 'subject' | 'clientId'>[] = [
    { subject: 'a', clientId: 'b c' },
    { subject: 'a b', clientId: 'c' },
    { subject: 'a b', clientId: 'a b' },
    { subject: 'a', clientId: 'b' },
    { subject: '"a', clientId: 'b"' },
    { subject: 'a', clientId: 'a' },
  ]

  const keys = people.map((names) => principalKey({ ...usual, ...names, scopes: new Set(), roles: new Set() }))
  assert.equal(new Set(keys).size, people.length)
})
