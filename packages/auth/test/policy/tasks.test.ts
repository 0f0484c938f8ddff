import assert from 'node:assert/strict'
import { it } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { announcedTask, TaskLedger } from '../../src/policy/index.ts'

/** Bytes, of what is still reachable. */
function memoryInUse(): number {
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

it('a task belongs to who made it, on the server where it was made', () => {
  const ledger = new TaskLedger()
  ledger.note('files', 't1', 'alice')

  assert.equal(ledger.isOwn('files', 't1', 'alice'), true)
  assert.equal(ledger.isOwn('files', 't1', 'bob'), false)
  assert.equal(ledger.isOwn('mail', 't1', 'alice'), false)
  assert.equal(ledger.isOwn('files', 't2', 'alice'), false)
  assert.equal(ledger.isOwn('files', 't2', 'undefined'), false)
})

it('an id that comes again does not change hands', () => {
  const ledger = new TaskLedger()
  ledger.note('files', 't1', 'alice')
  ledger.note('files', 't1', 'bob')

  assert.equal(ledger.isOwn('files', 't1', 'alice'), true)
  assert.equal(ledger.isOwn('files', 't1', 'bob'), false)
})

it('beyond its bound the oldest are forgotten, and then they are nobody’s', () => {
  const ledger = new TaskLedger(3)
  for (const id of ['t1', 't2', 't3', 't4']) ledger.note('files', id, 'alice')

  assert.equal(ledger.isOwn('files', 't1', 'alice'), false)
  for (const id of ['t2', 't3', 't4']) assert.equal(ledger.isOwn('files', id, 'alice'), true)
})

it('an id that holds spaces or names of the language confuses nothing', () => {
  const ledger = new TaskLedger()
  ledger.note('files', 'a b', 'alice')
  ledger.note('files', '__proto__', 'alice')

  assert.equal(ledger.isOwn('files', 'a', 'alice'), false)
  assert.equal(ledger.isOwn('files', '__proto__', 'alice'), true)
  assert.equal(ledger.isOwn('files', 'constructor', 'alice'), false)
})

it('long ids are their owner’s alone, also where they differ in the middle only', () => {
  const ledger = new TaskLedger()
  const long = (middle: string) => `${'t'.repeat(4000)}${middle}${'t'.repeat(4000)}`

  ledger.note('files', long('a'), 'alice')
  ledger.note('files', long('b'), 'bob')

  assert.ok(ledger.isOwn('files', long('a'), 'alice') && ledger.isOwn('files', long('b'), 'bob'))
  assert.ok(!ledger.isOwn('files', long('a'), 'bob') && !ledger.isOwn('files', long('b'), 'alice'))
})

it('long ids take no more room than short ones: the oldest of their owner give way', () => {
  const before = memoryInUse()
  const ledger = new TaskLedger()
  const long = (task: number) => `${'t'.repeat(8000)}${task}`
  ledger.note('files', long(0), 'bob')

  for (let task = 1; task < 5000; task++) ledger.note('files', long(task), 'alice')

  assert.ok(ledger.isOwn('files', long(4999), 'alice') && ledger.isOwn('files', long(4970), 'alice'))
  assert.ok(!ledger.isOwn('files', long(1), 'alice'))
  assert.ok(ledger.isOwn('files', long(0), 'bob'), 'who makes few tasks keeps them')
  assert.ok(memoryInUse() - before < 10_000_000)
})

it('an id beyond all sense is nobody’s, and pushes nothing out', () => {
  const ledger = new TaskLedger()
  const endless = 't'.repeat(8192)
  ledger.note('files', 't1', 'alice')

  ledger.note('files', endless, 'alice')

  assert.ok(!ledger.isOwn('files', endless, 'alice'))
  assert.ok(ledger.isOwn('files', 't1', 'alice'))
})

it('reads the task that an answer announces, in either form', () => {
  assert.equal(announcedTask('{"jsonrpc":"2.0","id":1,"result":{"task":{"taskId":"t1","status":"working"}}}'), 't1')
  assert.equal(announcedTask('{"jsonrpc":"2.0","id":1,"result":{"resultType":"task","taskId":"t2"}}'), 't2')
})

it('what merely speaks of tasks announces none', () => {
  for (const text of [
    '',
    'not JSON "taskId"',
    '{"id":1,"result":{"content":[{"type":"text","text":"{\\"taskId\\":\\"t1\\"}"}]}}',
    '{"id":1,"result":{"structuredContent":{"taskId":"t1"}}}',
    '{"id":1,"result":{"tasks":[{"taskId":"t1"}]}}',
    '{"id":1,"result":{"taskId":1}}',
    '{"id":1,"result":["taskId"]}',
    '{"id":1,"error":{"code":1,"message":"x","data":{"taskId":"t1"}}}',
    '{"method":"notifications/tasks/status","params":{"taskId":"t1"}}',
    '[{"id":1,"result":{"taskId":"t1"}}]',
  ]) {
    assert.equal(announcedTask(text), undefined, text)
  }
})

it('a caller that makes many tasks forgets its own, never another one’s', () => {
  const ledger = new TaskLedger(3)
  ledger.note('up', 'mine', 'me')

  for (let task = 0; task < 10; task++) ledger.note('up', `theirs ${task}`, 'them')

  assert.ok(ledger.isOwn('up', 'mine', 'me'))
  assert.ok(ledger.isOwn('up', 'theirs 9', 'them'))
  assert.ok(!ledger.isOwn('up', 'theirs 0', 'them'))
})
