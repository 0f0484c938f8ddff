import assert from 'node:assert/strict'
import { it } from 'node:test'
import { AnswerFilter } from '../../src/proxy/answer-filter.ts'

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
