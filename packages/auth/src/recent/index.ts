/** What was met lately, so that it need not be found out again. Bounded; knows nothing of what it holds. */
export { Recent } from './recent.ts'
