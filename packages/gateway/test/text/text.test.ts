import assert from 'node:assert/strict'
import { it } from 'node:test'
import { tame } from '../../src/text/index.ts'

it('nothing that steers a terminal or hides in a line is left', () => {
  const steering = '\u0000\u001b[2J\r\n\u007f\u009b\u00ad\u061c\u200b\u200e\u2028\u2029\u202e\u2066\ufeff\u{e0041}'

  assert.match(tame(`a${steering}é – 漢 🙂`), /^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]*é – 漢 🙂$/u)
})

it('JSON means what it meant', () => {
  const event = { name: 'a\u001b"\\\u202e\u2028\u{e0041}\ufeff🙂', 'k\u200by': ['\u0085'] }

  assert.deepEqual(JSON.parse(tame(JSON.stringify(event))), event)
})
