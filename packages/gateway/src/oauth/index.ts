/**
 * The gate as an OAuth resource server with the embedded issuer beside it: which servers people sign in to, the issuer
 * itself, and its keys for the guard. Checks nothing: that is the guard's.
 */
export { resourceDocuments } from './documents.ts'
export { type IssuerSurroundings, needsIssuer, openEmbeddedIssuer } from './open-issuer.ts'
export { operationOf } from './operation-of.ts'
export { publishedKeys } from './published-keys.ts'
export { resourceTermsOf, underName } from './resource-terms.ts'
