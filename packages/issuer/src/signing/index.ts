/**
 * Keys that access tokens are signed with, from their making to their end. Private parts are kept sealed; several
 * processes on one store use the same ones and rotate them once.
 */
export type { Algorithm, SigningKey } from './make.ts'
export { CLOCKS, PUBLISH_AHEAD, ROTATE_AFTER } from './schedule.ts'
export { type RotationKind, SigningKeys, type SigningKeyView, type SigningNeeds } from './signing.ts'
