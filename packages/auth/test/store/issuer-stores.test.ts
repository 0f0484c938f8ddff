import { sqliteRevocations, sqliteSigningKeys } from '../../src/store/index.ts'
import { newFile, prepared } from './databases.ts'
import { revocationStoreContract, signingKeyStoreContract } from './issuer-contracts.ts'

revocationStoreContract('sqlite', () => {
  const file = newFile()
  return [sqliteRevocations(prepared(file)), sqliteRevocations(prepared(file))]
})

signingKeyStoreContract('sqlite', () => {
  const file = newFile()
  return [sqliteSigningKeys(prepared(file)), sqliteSigningKeys(prepared(file))]
})
