/**
 * The protocol engine (oidc-provider), and the only room that knows it. Takes requests that the edge has made and gives
 * whole answers back. Its traps are closed here or in the edge; docs/decisions says which and how.
 */
export type { EngineRequest } from './call.ts'
export { createEngine, type Engine, type Interaction, type InteractionResult } from './engine.ts'
export type { EngineOptions, KnownClients, Lifetimes } from './options.ts'
export { engineRequest } from './request.ts'
export { findResource, type Resource } from './resources.ts'
