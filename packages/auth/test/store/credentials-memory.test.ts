import { memoryCredentials } from '../../src/store/index.ts'
import { credentialStoreContract } from './credentials-contract.ts'

credentialStoreContract('memory', () => {
  const store = memoryCredentials()
  return [store, store]
})
