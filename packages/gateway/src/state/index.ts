/** What the gate keeps on disk: its databases and the key that seals secrets in them. Knows nothing of what is in them. */
export { openAudit } from './audit.ts'
export { readSealingKey } from './sealing-key.ts'
export { openDatabase, openStores, type Stores } from './stores.ts'
