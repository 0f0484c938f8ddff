import { sqliteAccounts } from '../../src/store/index.ts'
import { accountStoreContract } from './accounts-contract.ts'
import { newFile, prepared } from './databases.ts'

accountStoreContract('sqlite', () => {
  const file = newFile()
  return [sqliteAccounts(prepared(file)), sqliteAccounts(prepared(file))]
})
