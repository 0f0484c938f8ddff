import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type Bounds, runBounded } from './bounded.ts'
import { NOTHING, type Tally } from './tally.ts'

/** Where our own black-box suite begins; what runs it is the command `conformance/main.ts`. */
export const BLACK_BOX = 'conformance/gateway/main.ts'

/**
 * Runs our own black-box suite as `npm run conformance -- --only gateway` does.
 *
 * @param say Is given what the suite says of its failures.
 * @returns nothing at all when there is no such suite; one failure when it breaks down.
 */
export async function runBlackBox(bounds: Bounds, say: (text: string) => void): Promise<Tally> {
  if (!existsSync(join(bounds.root, BLACK_BOX))) return NOTHING
  let output = ''
  const ending = await runBounded([join(bounds.root, 'conformance', 'main.ts'), '--only', 'gateway'], bounds, {
    stdout: (text) => {
      output = (output + text).slice(-4096)
    },
    stderr: say,
  })
  if (ending.lateAfter !== undefined) say(`${BLACK_BOX}: not done after ${ending.lateAfter} s\n`)
  for (const command of ending.left) say(`${BLACK_BOX}: left a process behind, now ended: ${command}\n`)

  const [, passed, failed, skipped] = /(\d+) passed, (\d+) failed, (\d+) skipped\s*$/.exec(output)?.map(Number) ?? []
  if (passed === undefined || failed === undefined || skipped === undefined) return { ...NOTHING, failed: 1 }
  return { passed, failed: failed + ending.left.length, skipped }
}
