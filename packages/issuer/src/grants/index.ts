/**
 * What people have granted to clients: found, listed and ended. Ending one ends every code and token that stands on it,
 * access tokens included, wherever the store's revocations are heard. Knows nothing of the protocol.
 */
export { CONSENT, type Ending, type GrantFilter, type GrantNeeds, Grants } from './grants.ts'
export type { GrantView } from './view.ts'
