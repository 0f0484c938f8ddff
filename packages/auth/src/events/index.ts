/**
 * The audit event: its types, its codes, its ids. What happened, who did it, what the gate decided and how it ended,
 * in public ids only: no key, no secret URL, no token, no argument ever has a place here. Also how events are told apart
 * (filters) and how an ending comes to its event.
 *
 * Knows nothing of where events are kept or who writes them.
 */
export * from './event.ts'
export * from './filter.ts'
export * from './id.ts'
export * from './join.ts'
export * from './network.ts'
export * from './peer.ts'
export { countStrangers, type Stranger, type Strangers, type Tally } from './strangers.ts'
export * from './told.ts'
export * from './words.ts'
