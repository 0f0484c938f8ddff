import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { queryRecord, startIngester } from '../../src/record/index.ts'
import { givenDatabase, givenDirectory, givenLog, segmentsIn } from './given.ts'

const PROGRAM = fileURLToPath(new URL('writing-process.ts', import.meta.url))

/** A gate in a process of its own, which tells what was acknowledged: `i ID`, `o ID`, in this order for each call. */
function givenGate(...args: string[]) {
  const flags = process.execArgv.filter((arg) => arg.startsWith('--conditions'))
  const child = spawn(process.execPath, [...flags, PROGRAM, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  const acknowledged = { intents: new Set<string>(), endings: new Set<string>() }
  const lines = createInterface({ input: child.stdout })
  lines.on('line', (line) => (line.startsWith('i') ? acknowledged.intents : acknowledged.endings).add(line.slice(2)))
  return { child, lines, acknowledged }
}

/** However slow the machine is, so much was let through by then. */
async function letThrough(calls: number, { lines, acknowledged }: ReturnType<typeof givenGate>): Promise<void> {
  while (acknowledged.intents.size < calls) await once(lines, 'line')
}

async function kill(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL')
  await once(child, 'close')
}

for (const calls of [60, 300, 1000]) {
  it(`a gate killed in the middle of its work (after ${calls} calls) loses no call that it had let through`, async () => {
    const directory = givenDirectory()
    const { file, open } = givenDatabase()
    const store = open()
    // It takes in its own spool meanwhile, so the kill hits that too.
    const gate = givenGate(directory, file)
    const { child, acknowledged } = gate
    await letThrough(calls, gate)
    await kill(child)

    const found = new Map<string, string>()
    for (let after: string | undefined; ; ) {
      const page = await queryRecord({ limit: 10_000, after }, { directory, store })
      for (const event of page) {
        assert.ok(!found.has(event.id))
        found.set(event.id, event.type === 'request' ? event.outcome : '')
      }
      after = page.at(-1)?.id
      if (page.length < 10_000) break
    }

    for (const id of acknowledged.intents) assert.ok(found.has(id), `${id} is lost`)
    for (const id of acknowledged.endings) assert.equal(found.get(id), 'answered')
    const outcomes = new Set(found.values())
    assert.deepEqual(
      [...outcomes].filter((outcome) => outcome !== 'answered' && outcome !== 'unknown'),
      [],
    )
    assert.ok(outcomes.has('unknown'))

    // And the next gate brings everything into the store and clears up.
    const ingester = startIngester({ directory, store, log: givenLog() })
    await ingester.drain()
    await ingester.close()
    assert.deepEqual(segmentsIn(directory), [])
    const stored = await store.query({ limit: 10_000 })
    for (const event of stored) {
      assert.equal(event.type === 'request' && event.outcome, found.get(event.id))
    }
    assert.equal(stored.length, Math.min(found.size, 10_000))
  })
}

it('two gates at once, both taking in, one killed: each call stands in the record once', async () => {
  const directory = givenDirectory()
  const { file, open } = givenDatabase()
  const store = open()
  const [one, other] = [givenGate(directory, file), givenGate(directory, file)]
  await Promise.all([letThrough(200, one), letThrough(200, other)])
  await kill(one.child)
  await letThrough(other.acknowledged.intents.size + 200, other)
  await kill(other.child)

  const ingester = startIngester({ directory, store, log: givenLog() })
  await ingester.drain()
  await ingester.close()

  const all: string[] = []
  for (let after: string | undefined; ; ) {
    const page = await store.query({ limit: 10_000, after })
    all.push(...page.map(({ id }) => id))
    after = page.at(-1)?.id
    if (page.length < 10_000) break
  }
  const unique = new Set(all)
  assert.equal(unique.size, all.length)
  for (const { acknowledged } of [one, other]) {
    for (const id of acknowledged.intents) assert.ok(unique.has(id), `${id} is lost`)
  }
  assert.deepEqual(await store.openProcesses(), [])
})
