/**
 * What an issuer keeps: artifacts of its engine, accounts, clients, signing keys, and what ends access tokens early.
 * One form each, in SQLite; a database in memory serves where nothing is to be kept. Secrets arrive hashed or sealed.
 */
export type { AccountRecord, AccountStore, LinkKind, LinkRecord } from './accounts.ts'
export type { Artifact, ArtifactFilter, ArtifactStore, ArtifactsOf, Exchange, Spending } from './artifacts.ts'
export type { ClientFilter, ClientOrigin, ClientRecord, ClientStore, WaitingRoom } from './clients.ts'
export type { RevocationEntry, RevocationKind, RevocationStore } from './revocations.ts'
export type { SigningKeyRecord, SigningKeyStore } from './signing-keys.ts'
export { sqliteAccounts } from './sqlite-accounts.ts'
export { sqliteArtifacts } from './sqlite-artifacts.ts'
export { sqliteClients } from './sqlite-clients.ts'
export { sqliteRevocations } from './sqlite-revocations.ts'
export { sqliteSigningKeys } from './sqlite-signing-keys.ts'
export { type IssuerStores, sqliteIssuerStores } from './stores.ts'
