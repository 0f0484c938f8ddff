import { memorySessions, sqliteSessions } from '../../src/store/index.ts'
import { newFile, prepared } from './databases.ts'
import { sessionStoreContract } from './sessions-contract.ts'

sessionStoreContract('memory', () => {
  const store = memorySessions()
  return [store, store]
})

sessionStoreContract('sqlite', () => {
  const file = newFile()
  return [sqliteSessions(prepared(file)), sqliteSessions(prepared(file))]
})
