/**
 * Owns the processes of a measurement: on which core each runs, when it is ready, what it costs, and that it ends; and how
 * one is asked to do something.
 *
 *   core 0   the peer under test, alone
 *   core 1   load generator, upstream, and this command (which only waits)
 *
 * Knows nothing of what is measured.
 */

export { type Child, end, startNode, startProgram } from './child.ts'
export { type Core, onCore, PEER_CORE, pinnedToCores, RIG_CORE } from './cores.ts'
export { ask } from './jobs.ts'
export { foreignMicroseconds } from './neighbours.ts'
export { freePort, untilAnswers } from './port.ts'
export { cpuMicroseconds, openFileLimit, residentMegabytes } from './usage.ts'
