import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { after } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

type Name = 'rotating' | 'preparing' | 'writing' | 'holding' | 'exchanging' | 'registering'

function command(name: Name, args: readonly (string | number)[]): string[] {
  const file = fileURLToPath(new URL(`${name}.ts`, import.meta.url))
  return [...process.execArgv.filter((arg) => !arg.startsWith('--test')), file, ...args.map(String)]
}

/** Runs a gate of its own to its end. @returns what it printed. */
export async function run(name: Name, ...args: readonly (string | number)[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, command(name, args))
  return stdout
}

const children: ChildProcess[] = []
after(() => {
  for (const child of children) child.kill()
})

function start(name: Name, ...args: readonly (string | number)[]) {
  const child = spawn(process.execPath, command(name, args), { stdio: ['pipe', 'pipe', 'inherit'] })
  children.push(child)
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  return { stdin: child.stdin, line: async () => (await lines.next()).value as string }
}

/** A gate of its own that does what it is told: resolves when it has done it. */
export async function givenWriter(file: string): Promise<(order: string) => Promise<void>> {
  const { stdin, line } = start('writing', file)
  await line()
  return async (order) => {
    stdin.write(`${order}\n`)
    await line()
  }
}

/** A process that has begun to write into a plain database, and needs so many milliseconds. @returns its last word. */
export async function givenHolder(file: string, ms: number): Promise<{ readonly lastWord: Promise<string> }> {
  const { line } = start('holding', file, ms)
  await line()
  return { lastWord: line() }
}
