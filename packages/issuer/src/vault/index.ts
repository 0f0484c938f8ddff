/**
 * Keeps what the issuer must find again, so that nothing usable is stored in clear: names hashed, contents sealed.
 * Knows nothing of what it keeps.
 */
export { deriveKey, type Entry, hashOf, type Kept, type Marks, type Payload, Vault } from './vault.ts'
