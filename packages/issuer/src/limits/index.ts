/** How often something may happen: counters with bounded memory. What is counted, and what follows, is for others to say. */
export { Meter } from './meter.ts'
export { type Allowance, Meters } from './meters.ts'
export { Tally } from './tally.ts'
