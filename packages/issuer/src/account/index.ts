/** A person's own page: which clients have access and since when, and how all of it ends. */
export { type AccountNeeds, accountPages } from './account.ts'
export { type GrantUse, GrantUses } from './uses.ts'
