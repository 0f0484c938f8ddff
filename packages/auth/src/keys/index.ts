/**
 * The life of a credential of ours: made, shown once, rotated with overlap, handed over, due at an age. What it opens is
 * the policy's affair, whether it is good now the guard's, where it is kept the store's, who receives it the caller's.
 */
export { type BegunRotation, beginRotation, completeRotation } from './hand-over.ts'
export { type Announce, dueAt, type Issued, type IssueTerms, issue, type RotationResult, rotate } from './issue.ts'
