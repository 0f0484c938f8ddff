import { DatabaseSync } from 'node:sqlite'
import { type IssuerStores, prepareDatabase, sqliteIssuerStores } from '@portcullis/auth/store'
import type { WriteLine } from './write-line.ts'

/** What the issuer keeps, in a database that ends with the process; made when it is first used. */
export function issuerStoresInMemory(): IssuerStores {
  let made: IssuerStores | undefined
  const stores = (): IssuerStores => {
    if (made !== undefined) return made
    const db = new DatabaseSync(':memory:')
    prepareDatabase(db)
    made = sqliteIssuerStores(db)
    return made
  }
  return {
    get artifacts() {
      return stores().artifacts
    },
    get accounts() {
      return stores().accounts
    },
    get clients() {
      return stores().clients
    },
    get revocations() {
      return stores().revocations
    },
    get signingKeys() {
      return stores().signingKeys
    },
  }
}

/** What only reads; every other method of these stores writes. */
const READING = /^(find|list|count|news|version|is)/

/** While another process holds the database, writes wait off the event loop. */
export function issuerStoresInLine(stores: IssuerStores, line: WriteLine): IssuerStores {
  const inLine = <Store extends object>(store: Store): Store =>
    Object.fromEntries(
      Object.entries(store).map(([name, method]) => [
        name,
        READING.test(name) ? method : (...values: unknown[]) => line.write(() => method.apply(store, values)),
      ]),
    ) as Store
  return {
    artifacts: inLine(stores.artifacts),
    accounts: inLine(stores.accounts),
    clients: inLine(stores.clients),
    revocations: inLine(stores.revocations),
    signingKeys: inLine(stores.signingKeys),
  }
}
