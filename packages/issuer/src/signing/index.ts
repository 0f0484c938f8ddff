/** Keys that access tokens are signed with, from their making to their end. Private parts are kept sealed. */
export { type Algorithm, type SigningKey, SigningKeys } from './signing.ts'
