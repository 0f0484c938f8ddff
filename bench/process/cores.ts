import { spawnSync } from 'node:child_process'
import { availableParallelism } from 'node:os'

export type Core = typeof PEER_CORE | typeof RIG_CORE
export const PEER_CORE = 0
export const RIG_CORE = 1

/** Without two cores or without `taskset` nothing is pinned; figures are then noisier, ratios still fair. */
export const pinnedToCores: boolean =
  availableParallelism() > 1 && spawnSync('taskset', ['-c', '0', 'true']).status === 0

/** The command line that runs `command` on one core; `taskset` becomes the command, so the pid is the same. */
export function onCore(core: Core, command: readonly string[]): readonly string[] {
  return pinnedToCores ? ['taskset', '-c', String(core), ...command] : command
}
