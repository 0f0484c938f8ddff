/** Real clients, and what each story tries with them. Nothing here belongs into a server. */
export { type ClientKind, type Connected, clientV1, clientV2, clientV2Modern, textOf } from './clients.ts'
export { checkChallenge, checkDoor, isRefusal, keyFor, listen, say } from './door.ts'
export { startIssuer } from './issuer.ts'
