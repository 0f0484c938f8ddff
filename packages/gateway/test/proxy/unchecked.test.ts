import assert from 'node:assert/strict'
import { it } from 'node:test'
import { pino } from 'pino'
import { Unchecked } from '../../src/proxy/unchecked.ts'

it('that credentials cannot be checked is told once, then as a count every ten seconds', (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] })
  const lines: Record<string, unknown>[] = []
  const log = pino({ base: null, timestamp: false }, { write: (line) => lines.push(JSON.parse(line)) })
  const unchecked = new Unchecked(log)

  for (let at = 0; at < 1000; at++) unchecked.tell('tools', new Error('silent'))
  assert.equal(lines.length, 1)
  t.mock.timers.tick(10_000)
  assert.equal(lines[1]?.count, 999)

  // A round without anybody ends it: the next one is told of at once
  t.mock.timers.tick(10_000)
  unchecked.tell('tools', new Error('silent'))
  assert.deepEqual(
    lines.map(({ server }) => server),
    ['tools', undefined, 'tools'],
  )
})
