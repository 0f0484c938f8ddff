/**
 * The guard as a library: its `check()` beside those of others, each in a process of its own and asked in process.
 *
 *   issuer ─▶ tokens ─▶ way (ways/: ours, the SDK's, jose; peers/: what is installed apart) ─▶ burst
 *
 * A checker is a peer in two functions; every process of one proves first what it refuses, and every answer of a burst
 * must name the credential's subject. Owns also what is not a burst: memory, soak, and the server that is guarded.
 * Knows nothing of goals.
 */

export type { WeighJob, Weight } from './memory.ts'
export type { Soaked, SoakJob } from './soak.ts'
export { type Issuer, startChecks, startIssuer, startServer, startWay, type Way } from './start.ts'
