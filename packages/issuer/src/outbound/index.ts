/**
 * The issuer's way out: fetches what clients publish about themselves, and nothing else. A name is resolved once, all of
 * its addresses are checked, and the connection goes to a checked one; no redirect is followed, nothing is sent that
 * says who asks, and there is a bound to the time, the size and the number of fetches. Knows nothing of what it fetches.
 */
export { isLoopbackAddress, isPublicAddress } from './addresses.ts'
export { Courtesy } from './courtesy.ts'
export { faultOfHost } from './hosts.ts'
export { type Fetched, type FetchFault, FetchRefused, Outbound, type OutboundOptions } from './outbound.ts'
export { type Address, nameServers } from './resolve.ts'
export { responseOf } from './response.ts'
