import type { SqliteDatabase } from '../sqlite/database.ts'
import type { AccountStore } from './accounts.ts'
import type { ArtifactStore } from './artifacts.ts'
import type { ClientStore } from './clients.ts'
import type { RevocationStore } from './revocations.ts'
import type { SigningKeyStore } from './signing-keys.ts'
import { sqliteAccounts } from './sqlite-accounts.ts'
import { sqliteArtifacts } from './sqlite-artifacts.ts'
import { sqliteClients } from './sqlite-clients.ts'
import { sqliteRevocations } from './sqlite-revocations.ts'
import { sqliteSigningKeys } from './sqlite-signing-keys.ts'

/** All that an issuer keeps. */
export interface IssuerStores {
  readonly artifacts: ArtifactStore
  readonly accounts: AccountStore
  readonly clients: ClientStore
  readonly revocations: RevocationStore
  readonly signingKeys: SigningKeyStore
}

/** The five of them in one database that `prepareDatabase` has seen; it stays the caller's to close. */
export function sqliteIssuerStores(db: SqliteDatabase): IssuerStores {
  return {
    artifacts: sqliteArtifacts(db),
    accounts: sqliteAccounts(db),
    clients: sqliteClients(db),
    revocations: sqliteRevocations(db),
    signingKeys: sqliteSigningKeys(db),
  }
}
