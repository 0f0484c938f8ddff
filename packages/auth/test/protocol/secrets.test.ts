import assert from 'node:assert/strict'
import { it } from 'node:test'
import { checksum } from '../../src/crypto/index.ts'
import { looksLikeSecret, mintSecret, readSecretText, SECRET_TEXT_LENGTH } from '../../src/protocol/index.ts'

const ID = '0123456789abcdef'

/** A key as we spell them, with a right checksum whatever the parts. */
function spelled(prefix: string, id: string, secret: string): string {
  const body = `${prefix}${id}_${secret}_`
  return body + checksum(body)
}

const key = spelled('pcls_', ID, 'A'.repeat(43))
const SHAPE = { kind: 'malformed', fault: 'shape' }
const CHECKSUM = { kind: 'malformed', fault: 'checksum' }

it('a minted secret reads back as what it is, with its public id', () => {
  for (const [kind, prefix] of [
    ['api-key', 'pcls_'],
    ['secret-url', 'pclu_'],
  ] as const) {
    const { id, secret } = mintSecret(kind)

    assert.deepEqual(readSecretText(kind, secret), { kind: 'readable', id })
    assert.equal(secret.length, 72)
    assert.match(secret, new RegExp(`^${prefix}${id}_[A-Za-z0-9_-]{43}_[0-9A-Za-z]{6}$`))
    assert.equal(looksLikeSecret(secret), true)
  }
})

it('no two secrets are the same, in any part', () => {
  const minted = Array.from({ length: 500 }, () => mintSecret('api-key'))

  assert.equal(new Set(minted.map(({ id }) => id)).size, 500)
  assert.equal(new Set(minted.map(({ secret }) => secret.slice(22, 65))).size, 500)
})

it('underscores and dashes inside the secret part confuse nobody', () => {
  for (const secret of ['_'.repeat(43), '-'.repeat(43), `_${'a'.repeat(41)}_`, `${'a_'.repeat(21)}a`]) {
    assert.deepEqual(readSecretText('api-key', spelled('pcls_', ID, secret)), { kind: 'readable', id: ID })
  }
})

it('every single mistyped character is told without asking anybody', () => {
  for (let at = 0; at < key.length; at++) {
    for (const other of ['0', 'o', 'Z', '_', '-', '.', ' ']) {
      const mistyped = key.slice(0, at) + other + key.slice(at + 1)
      if (mistyped !== key) assert.equal(readSecretText('api-key', mistyped).kind, 'malformed', mistyped)
    }
  }
})

it('a key that was cut, doubled or padded is not one', () => {
  for (let length = 0; length < key.length; length++) {
    assert.deepEqual(readSecretText('api-key', key.slice(0, length)), SHAPE)
    assert.deepEqual(readSecretText('api-key', key.slice(length + 1)), SHAPE)
  }
  for (const other of [`${key} `, ` ${key}`, `${key}\n`, key + key, `${key}0`, `"${key}"`, `Bearer ${key}`]) {
    assert.deepEqual(readSecretText('api-key', other), SHAPE)
  }
})

it('a right length and a right checksum do not make a key of other characters', () => {
  for (const other of [
    spelled('pcls_', ID.toUpperCase(), 'A'.repeat(43)),
    spelled('pcls_', '0123456789abcde_', 'A'.repeat(43)),
    spelled('pcls_', '0123456789abcdeé', 'A'.repeat(43)),
    spelled('pcls_', ID, `${'A'.repeat(42)}.`),
    spelled('pcls_', ID, `${'A'.repeat(42)}\n`),
    spelled('pcls_', ID, `${'A'.repeat(42)}\u0141`),
    spelled('PCLS_', ID, 'A'.repeat(43)),
    spelled('pcls-', ID, 'A'.repeat(43)),
    spelled('pclx_', ID, 'A'.repeat(43)),
    `${key.slice(0, 21)}-${key.slice(22)}`,
    `${key.slice(0, -1)}\n`,
  ]) {
    assert.equal(other.length, SECRET_TEXT_LENGTH)
    assert.deepEqual(readSecretText('api-key', other), SHAPE, JSON.stringify(other))
  }
})

it('the checksum is compared with its case', () => {
  for (const digits of [key.slice(-6).toLowerCase(), key.slice(-6).toUpperCase(), '000000']) {
    const other = key.slice(0, -6) + digits
    if (other !== key) assert.deepEqual(readSecretText('api-key', other), CHECKSUM)
  }
})

it('a key opens no address and an address is no key', () => {
  assert.deepEqual(readSecretText('secret-url', mintSecret('api-key').secret), SHAPE)
  assert.deepEqual(readSecretText('api-key', mintSecret('secret-url').secret), SHAPE)
})

it('what begins like one of ours looks like a secret, whole or not', () => {
  for (const text of ['pcls_', 'pclu_x', key.slice(0, 10)]) assert.equal(looksLikeSecret(text), true)
  for (const text of ['', 'pcls', 'PCLS_', ' pcls_', 'sk_live_']) assert.equal(looksLikeSecret(text), false)
})
