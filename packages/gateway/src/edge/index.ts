/**
 * The front door: listening sockets and their bounds, who may knock under which name, where a path leads, how many
 * fit in. Owns nothing that depends on who the caller is.
 */
export { type Capacity, limitConnections } from './capacity.ts'
export { beforeOpening, createFrontDoor, type FrontDoorOptions } from './front-door.ts'
export { createListener, drain, type ListenerOptions, listen, onRequest } from './listener.ts'
export { type PeerReader, peerReader } from './peer.ts'
