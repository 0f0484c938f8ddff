import { rmSync } from 'node:fs'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Burst, Held, Job } from './load/job.ts'
import { ask, type Child, type Core, end, freePort, RIG_CORE, startNode, untilAnswers } from './process/index.ts'

/** What every measurement has at hand: the load generator, the cheap upstream, and a folder that is thrown away. */
export interface Rig {
  readonly folder: string
  readonly upstream: { readonly port: number; readonly pid: number }
  /** Writes a file of credentials for the load generator, one per line. */
  writeKeys(name: string, keys: readonly string[]): Promise<string>
  readonly load: Generator
  /** Another generator, for one that takes a peer's own place. */
  startGenerator(core: Core): Generator
  /** Children registered here end with the rig, the last one first. */
  adopt(child: Child): Child
  /** Ends one child before its time. */
  dismiss(child: Child): Promise<void>
}

/** @throws {Error} from both when any answer was wrong: a peer that answers wrongly has no figure. */
export interface Generator {
  readonly pid: number
  burst(job: Exclude<Job, { kind: 'streams' }>): Promise<Burst>
  hold(job: Extract<Job, { kind: 'streams' }>): Promise<Held>
}

/** Sets up a rig for `use` and takes it down again, whatever happens. */
export async function withRig<T>(use: (rig: Rig) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'portcullis-bench-'))
  const sweep = (): void => rmSync(folder, { recursive: true, force: true })
  process.once('exit', sweep)
  const children: Child[] = []
  const adopt = (child: Child): Child => {
    children.push(child)
    return child
  }
  try {
    const port = await freePort()
    const upstream = adopt(startNode(RIG_CORE, 'bench/upstream/main.ts', [String(port)]))
    await untilAnswers(upstream, port)
    const startGenerator = (core: Core): Generator => asGenerator(adopt(startNode(core, 'bench/load/main.ts')))
    return await use({
      folder,
      upstream: { port, pid: upstream.pid },
      async writeKeys(name, keys) {
        const file = join(folder, name)
        await writeFile(file, `${keys.join('\n')}\n`)
        return file
      },
      load: startGenerator(RIG_CORE),
      startGenerator,
      adopt,
      dismiss: end,
    })
  } finally {
    for (const child of children.reverse()) await end(child)
    process.off('exit', sweep)
    sweep()
  }
}

function asGenerator(child: Child): Generator {
  return {
    pid: child.pid,
    burst: (job) => ask<Burst>(child, job),
    hold: (job) => ask<Held>(child, job),
  }
}
