/**
 * How much of what is permitted is let in, and how callers are told.
 *
 *   rules ─┐
 *   request ┴─▶ takes ─▶ limiter (port) ─▶ verdict and its header fields
 *
 * Knows nothing of who may do what. Counts may be lost with a process; what they protect must not depend on them alone.
 */
export type { Limiter, Take, Taken } from './limiter.ts'
export { type LimitedRequest, type LimitRule, type Limits, type LimitVerdict, limits } from './limits.ts'
export { type MemoryLimits, memoryLimiter } from './memory.ts'
