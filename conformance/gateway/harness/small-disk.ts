import { spawnSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { type Gate, PROGRAM } from './gate.ts'
import { type Finished, runProgram } from './processes.ts'

const SCRIPT = 'mkdir -p "$0" && mount -t tmpfs -o size=1m,mode=700 tmpfs "$0" && exec "$@"'

/** Starts a program with a file system of 1 MiB at a path, in a namespace that goes with it. */
export function withSmallDisk(path: string): readonly string[] {
  return ['unshare', '-Urm', 'sh', '-c', SCRIPT, path]
}

/** Whether that can be done here. */
export function canMount(): boolean {
  return spawnSync('unshare', ['-Urm', 'sh', '-c', SCRIPT, '/mnt', 'true']).status === 0
}

/** The file system as the gate sees it. */
function seenBy(gate: Gate, path: string): string {
  return join(`/proc/${gate.pid}/root`, path)
}

/** Fills it to the last byte. */
export async function fill(gate: Gate, path: string): Promise<void> {
  const file = await open(join(seenBy(gate, path), 'ballast'), 'a')
  try {
    for (const size of [65_536, 4096, 1]) await writeUntilFull(file, Buffer.alloc(size))
  } finally {
    await file.close()
  }
}

async function writeUntilFull(file: Awaited<ReturnType<typeof open>>, piece: Uint8Array): Promise<void> {
  for (;;) {
    try {
      await file.write(piece)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOSPC') return
      throw error
    }
  }
}

export function empty(gate: Gate, path: string): void {
  rmSync(join(seenBy(gate, path), 'ballast'))
}

/** A command of the operator's in the gate's namespace. */
export function commandBeside(gate: Gate, ...args: readonly string[]): Promise<Finished> {
  const enter = ['--target', String(gate.pid), '--user', '--mount', '--preserve-credentials']
  return runProgram('nsenter', [...enter, process.execPath, PROGRAM, ...args, '--config', gate.configFile])
}
