/**
 * What the gate keeps on disk: its databases and the key that seals secrets in them. Sees to it that a database that
 * another process holds keeps no caller waiting. Knows nothing of what is in them.
 */
export { auditFile, openAudit } from './audit.ts'
export { DatabaseFault, isDatabaseFault, toFault } from './database.ts'
export { readSealingKey } from './sealing-key.ts'
export { openStores, openStoresForCommand, type Stores } from './stores.ts'
