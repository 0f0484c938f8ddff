/**
 * The endpoint at which clients register themselves (RFC 7591): open, for those with an initial access token, or not
 * there at all. Ours instead of the engine's, which knows no bounds and uses such tokens many times.
 */
export { type RegistrationNeeds, registrationEndpoint } from './endpoint.ts'
export { Invitations } from './invitations.ts'
export { Refusals } from './refusals.ts'
export { type RequestRules, readRegistration } from './request.ts'
