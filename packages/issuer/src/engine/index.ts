/**
 * The protocol engine (oidc-provider), and the only room that knows it. Takes requests that the edge has made and gives
 * whole answers back. Its traps are closed here or in the edge; docs/decisions says which and how.
 */

export type { ConsentAsked, GrantUsed } from './asked.ts'
export type { BrowserSession, BrowserSessions, Cookies } from './browser-sessions.ts'
export { ASSERTION_ALGORITHMS } from './configuration.ts'
export { createEngine, type Engine, type Interaction, type InteractionResult } from './engine.ts'
export type { AccessTokens, EngineOptions, KnownClients, Lifetimes } from './options.ts'
export { Redemption } from './redemption.ts'
export { ClientRefused } from './refused.ts'
export { type EngineRequest, engineRequest } from './request.ts'
export { findResource, type Resource } from './resources.ts'
