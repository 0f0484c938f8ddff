/**
 * The programs that run beside the gate for its operator: servers over stdio, receivers of keys. Owns the search path
 * that they run under and are looked for in. Starts none, and knows nothing of what they are for.
 */
export { faultOfProgram } from './fault.ts'
export { withoutOwnPrograms } from './search-path.ts'
