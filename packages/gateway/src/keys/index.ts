/**
 * Keys while the gate runs: reminders before they are too old, and rotation by itself where somebody takes the new
 * one. Rotation by hand is a command's; what makes a key good is the guard's.
 */
export { deliver, type Parcel } from './deliver.ts'
export { type KeeperOptions, keepKeys } from './keeper.ts'
