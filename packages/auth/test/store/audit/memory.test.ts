import { memoryAudit } from '../../../src/store/audit/index.ts'
import { auditStoreContract } from './contract.ts'

auditStoreContract('memory', async () => {
  const store = memoryAudit()
  return [store, store]
})
