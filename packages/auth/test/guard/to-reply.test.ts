import assert from 'node:assert/strict'
import { it } from 'node:test'
import { NOT_FOUND, type Refusal, toReply } from '../../src/guard/index.ts'

const REFUSALS: readonly Refusal[] = [
  { reason: 'key_missing' },
  { reason: 'key_malformed', fault: 'scheme' },
  { reason: 'key_malformed', fault: 'shape' },
  { reason: 'key_malformed', fault: 'checksum' },
  { reason: 'key_invalid', because: 'unknown' },
  { reason: 'key_invalid', because: 'wrong_secret' },
  { reason: 'key_invalid', because: 'other_server', credentialId: 'the-credential' },
  { reason: 'key_invalid', because: 'other_tenant', credentialId: 'the-credential' },
  { reason: 'key_invalid', because: 'other_kind', credentialId: 'the-credential' },
  { reason: 'key_expired', credentialId: 'the-credential', expiredAt: 4711 },
  { reason: 'key_revoked', credentialId: 'the-credential', revokedAt: 4711 },
  { reason: 'credential_repeated' },
  { reason: 'credentials_conflict' },
  { reason: 'url_unknown', because: 'shape' },
  { reason: 'url_unknown', because: 'revoked', credentialId: 'the-credential' },
]

function fieldsOf({ headers }: { readonly headers: readonly string[] }): Map<string, string> {
  const fields = new Map<string, string>()
  for (let at = 0; at < headers.length; at += 2) fields.set(headers[at] as string, headers[at + 1] as string)
  assert.equal(fields.size * 2, headers.length, 'no field comes twice')
  return fields
}

it('who sent nothing is asked for a key, without an error code (RFC 6750 §3.1)', () => {
  const reply = toReply({ reason: 'key_missing' }, {})

  assert.equal(reply.status, 401)
  assert.equal(fieldsOf(reply).get('www-authenticate'), 'Bearer realm="portcullis"')
})

it('keys that the operator has named have no form that a caller could be told of', () => {
  for (const refusal of REFUSALS) {
    assert.doesNotMatch(JSON.stringify(toReply(refusal, { isOfNamedKeys: true })), /pcls_/, refusal.reason)
  }
  const { body } = toReply({ reason: 'key_missing' }, { isOfNamedKeys: true })
  assert.match(body, /needs an API key: send it as \\"Authorization: Bearer KEY\\"/)
})

it('who sent a bad key is told that the token is invalid, whatever is wrong with it (RFC 6750 §3.1)', () => {
  for (const refusal of REFUSALS.filter(({ reason }) => reason.startsWith('key_') && reason !== 'key_missing')) {
    const reply = toReply(refusal, {})
    assert.equal(reply.status, 401)
    assert.equal(fieldsOf(reply).get('www-authenticate'), 'Bearer realm="portcullis", error="invalid_token"')
  }
})

it('who sent more than one credential sent a bad request', () => {
  for (const reason of ['credential_repeated', 'credentials_conflict'] as const) {
    const reply = toReply({ reason }, {})
    assert.equal(reply.status, 400)
    assert.equal(fieldsOf(reply).get('www-authenticate'), 'Bearer realm="portcullis", error="invalid_request"')
  }
})

it('where nothing is, no credential is asked for, and no page learns where its visitor came from', () => {
  assert.equal(NOT_FOUND.status, 404)
  assert.equal(fieldsOf(NOT_FOUND).has('www-authenticate'), false)
  assert.equal(fieldsOf(NOT_FOUND).get('referrer-policy'), 'no-referrer')
})

it('no answer leads a client into a sign-in that does not exist', () => {
  for (const refusal of REFUSALS) {
    const challenge = fieldsOf(toReply(refusal, {})).get('www-authenticate') ?? ''
    assert.doesNotMatch(challenge, /resource_metadata|scope=/)
  }
})

it('challenges are well formed: quoted values hold neither quotes nor backslashes (RFC 6750 §3)', () => {
  for (const refusal of REFUSALS) {
    const challenge = fieldsOf(toReply(refusal, {})).get('www-authenticate')
    if (challenge !== undefined)
      assert.match(
        challenge,
        /^Bearer [a-z_]+="[\x20-\x21\x23-\x5b\x5d-\x7e]*"(, [a-z_]+="[\x20-\x21\x23-\x5b\x5d-\x7e]*")*$/,
      )
  }
})

it('every answer has a stable code and a sentence, is stored by nobody and holds no identifier', () => {
  for (const refusal of REFUSALS) {
    const reply = toReply(refusal, {})
    const body = JSON.parse(reply.body)

    assert.deepEqual(Object.keys(body), ['error', 'error_description'])
    assert.match(body.error, /^[a-z_]+$/)
    assert.match(body.error_description, /^[A-Z].*\.$/)
    assert.equal(fieldsOf(reply).get('cache-control'), 'no-store')
    assert.equal(fieldsOf(reply).get('content-type'), 'application/json')
    assert.doesNotMatch(JSON.stringify(reply), /the-credential|4711/)
  }
})

it('who sent a key that lost a character is told what a whole one looks like, and nothing of theirs', () => {
  const bodyOf = (fault: 'shape' | 'checksum') => String(toReply({ reason: 'key_malformed', fault }, {}).body)

  assert.match(bodyOf('shape'), /not a whole API key: those have 72 characters and begin with pcls_\./)
  assert.match(bodyOf('checksum'), /mistyped/)
})

it('a refused key is a 403 where people sign in to another server of the host, and no key is still a 401', () => {
  const refused = toReply({ reason: 'key_invalid', because: 'unknown' }, { isBesideSignIn: true })
  const missing = toReply({ reason: 'key_missing' }, { isBesideSignIn: true })

  assert.equal(refused.status, 403)
  assert.equal(fieldsOf(refused).get('www-authenticate'), undefined)
  assert.equal(missing.status, 401)
  assert.ok(!fieldsOf(missing).get('www-authenticate')?.includes('resource_metadata'))
})
