import assert from 'node:assert/strict'
import { it } from 'node:test'
import { errorReply, rpcErrorReply, rpcResultReply } from '../../src/http/index.ts'

const JSON_FIELDS = ['content-type', 'application/json', 'cache-control', 'no-store']

it('a refusal has a code for programs and a sentence for people, and is stored by nobody', () => {
  assert.deepEqual(errorReply(503, 'busy', 'Come "again".', ['retry-after', '5']), {
    status: 503,
    headers: [...JSON_FIELDS, 'retry-after', '5'],
    body: '{"error":"busy","error_description":"Come \\"again\\"."}',
  })
})

it('an error of the protocol echoes the id as it was spelled', () => {
  for (const id of ['1', '9007199254740993', '1.0', '"a\\u0062"', '""']) {
    const { body, status, headers } = rpcErrorReply(400, id, { code: -32600, message: 'No.' })

    assert.equal(body, `{"jsonrpc":"2.0","id":${id},"error":{"code":-32600,"message":"No."}}`)
    assert.equal(status, 400)
    assert.deepEqual(headers, JSON_FIELDS)
  }
})

it('an error without a readable id has none, and carries what programs can use', () => {
  const { body, headers } = rpcErrorReply(404, undefined, { code: -32601, message: 'No.', data: { error: 'x' } }, [
    'allow',
    'POST',
  ])

  assert.equal(body, '{"jsonrpc":"2.0","error":{"code":-32601,"message":"No.","data":{"error":"x"}}}')
  assert.deepEqual(headers, [...JSON_FIELDS, 'allow', 'POST'])
})

it('a result of our own is an answer like others', () => {
  assert.deepEqual(rpcResultReply('"x"', '{"tools":[]}'), {
    status: 200,
    headers: JSON_FIELDS,
    body: '{"jsonrpc":"2.0","id":"x","result":{"tools":[]}}',
  })
})

it('one reply does not change another', () => {
  const one = errorReply(400, 'a', 'A.')
  ;(one.headers as string[]).push('x', 'y')

  assert.deepEqual(errorReply(400, 'a', 'A.').headers, JSON_FIELDS)
})
