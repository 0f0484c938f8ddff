import assert from 'node:assert/strict'
import { it } from 'node:test'
import { AnswerFilter } from '../../src/proxy/answer-filter.ts'
import { Conversation } from '../../src/sessions/index.ts'

it('an event that is request and response at once is shortened like a response', () => {
  const filter = new AnswerFilter({
    isLimited: true,
    shortensList: false,
    caller: {
      listRules: () => ({ seesTool: (name) => name === 'open', ownsTask: () => false }),
      conversation: () => undefined,
      onTask: () => {},
    },
  })
  const tools = [{ name: 'open' }, { name: 'closed' }]
  const data = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'x', result: { tools } })

  const passed = filter.pass({ data, event: undefined, id: undefined })
  assert.ok(passed)
  assert.doesNotMatch(passed.data, /closed/)
})

it('a question of the server is noted by its id as it is written, where a number would round it', () => {
  const conversation = new Conversation()
  const filter = new AnswerFilter({
    isLimited: false,
    shortensList: false,
    caller: {
      listRules: () => ({ seesTool: undefined, ownsTask: () => false }),
      conversation: () => conversation,
      onTask: () => {},
    },
  })

  filter.pass({ data: '{"jsonrpc":"2.0","id":9007199254740993,"method":"ping"}', event: undefined, id: undefined })

  assert.equal(conversation.answer('9007199254740992'), false)
  assert.equal(conversation.answer('9007199254740993'), true)
})
