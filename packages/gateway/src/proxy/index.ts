/**
 * The way of one request, from a known server's door to its upstream and back. `order.ts` shows the order of work.
 *
 *   credential → principal → body → era → session → headers → decision → intent recorded → upstream
 *                                                     outcome recorded → last byte of the answer ◀┘
 *
 * Contains no check of its own: who may do what is asked of `@portcullis/auth`. Knows nothing of listeners, routes
 * or configuration.
 */

export { Lobby } from './lobby.ts'
export type { ProxyOptions } from './options.ts'
export type { ProxiedServer, Visit } from './passage.ts'
export { createProxy } from './proxy.ts'
export { Standing } from './standing.ts'
