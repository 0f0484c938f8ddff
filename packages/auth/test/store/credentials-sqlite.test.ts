import { sqliteCredentials } from '../../src/store/index.ts'
import { credentialStoreContract } from './credentials-contract.ts'
import { newFile, prepared } from './databases.ts'

credentialStoreContract('sqlite, two connections', () => {
  const file = newFile()
  return [sqliteCredentials(prepared(file)), sqliteCredentials(prepared(file))]
})

credentialStoreContract('sqlite, one connection', () => {
  const db = prepared()
  return [sqliteCredentials(db), sqliteCredentials(db)]
})
