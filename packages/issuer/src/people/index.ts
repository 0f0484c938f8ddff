/**
 * Those who can sign in: accounts, their passwords (argon2id), and links that work once. Knows nothing of pages, clients
 * or tokens.
 */
export { PASSWORD_LENGTH } from './passwords.ts'
export { LINK_SECONDS, People, type PeopleNeeds } from './people.ts'
export { BusyError } from './queue.ts'
export { canonicalName, faultOfName, faultOfPassword, type NameFault, type PasswordFault } from './rules.ts'
