/**
 * Appends to a spool until it is refused, goes on for a while, makes room, goes on. Prints what was acknowledged in
 * each phase and what stands in the segments. Arguments: a directory; how many bytes of it to fill beforehand.
 */
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openSpool } from '../../src/record/index.ts'

const [directory = '', ballast = '0'] = process.argv.slice(2)
const filler = join(directory, 'filler')
writeFileSync(filler, Buffer.alloc(Number(ballast)))
const spool = openSpool({ directory: join(directory, 'spool') })
let count = 0
let code: string | undefined

/** Appends so many lines in one turn. @returns which of them were acknowledged. */
async function append(lines: number): Promise<{ acknowledged: string[]; refused: number }> {
  const acknowledged: string[] = []
  await Promise.all(
    Array.from({ length: lines }, () => {
      const line = JSON.stringify({ line: count++, padding: 'x'.repeat(300) })
      return new Promise<void>((resolve) =>
        spool.append(line, (error) => {
          if (error === undefined) acknowledged.push(line)
          else code ??= (error as NodeJS.ErrnoException).code
          resolve()
        }),
      )
    }),
  )
  return { acknowledged, refused: lines - acknowledged.length }
}

const filling = { acknowledged: [] as string[], refused: 0 }
while (filling.refused === 0 && count < 10_000) {
  const { acknowledged, refused } = await append(20)
  filling.acknowledged.push(...acknowledged)
  filling.refused += refused
}
const full = await append(1)
rmSync(filler)
const after = await append(30)
spool.close()
const segments = readdirSync(join(directory, 'spool')).sort()
const text = segments.map((name) => readFileSync(join(directory, 'spool', name), 'utf8')).join('')
process.stdout.write(JSON.stringify({ code, filling, full, after, text }))
