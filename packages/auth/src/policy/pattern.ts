export { matchAny, type NameTest } from '../protocol/index.ts'
