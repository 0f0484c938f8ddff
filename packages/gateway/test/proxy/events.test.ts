import assert from 'node:assert/strict'
import { it } from 'node:test'
import { EventReader } from '../../src/proxy/events.ts'

function faultsOf(bytes: Uint8Array, onEvent: () => void): string[] {
  const faults: string[] = []
  new EventReader(1000, { onEvent, onLine: () => {}, onFault: (detail) => faults.push(detail) }).feed(bytes)
  return faults
}

it('what goes wrong over an event is not blamed on its coding', () => {
  const faults = faultsOf(Buffer.from('data: {}\n\n'), () => {
    throw new RangeError('too deep')
  })
  assert.deepEqual(faults, ['an event cannot be read'])
})

it('bytes that are not UTF-8 are called that', () => {
  assert.deepEqual(
    faultsOf(Uint8Array.of(0xff), () => {}),
    ['the event stream is not UTF-8'],
  )
})
