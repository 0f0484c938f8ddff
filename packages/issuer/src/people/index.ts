/**
 * Those who can sign in: accounts, their passwords (argon2id), and links that work once. Knows nothing of pages, clients
 * or tokens.
 */
export { PASSWORD_LENGTH } from './passwords.ts'
export { faultOfName, faultOfPassword, LINK_SECONDS, type NameFault, type PasswordFault, People } from './people.ts'
