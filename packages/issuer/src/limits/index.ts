/**
 * How often something may happen, and how much of it at once: counters with bounded memory, and a line. What is counted,
 * and what follows, is for others to say.
 */
export { type Caller, Line, type LineBounds } from './line.ts'
export { Meter } from './meter.ts'
export { type Allowance, Meters } from './meters.ts'
export { Tally } from './tally.ts'
