/**
 * The gate as an OAuth resource server: which servers people sign in to, the issuer inside the gate and its keys for the
 * guard, and identity providers elsewhere. Checks nothing: that is the guard's.
 */
export { resourceDocuments } from './documents.ts'
export { externalIssuers, signsInHere } from './external-issuers.ts'
export { type IssuerSurroundings, needsIssuer, openEmbeddedIssuer } from './open-issuer.ts'
export { operationOf } from './operation-of.ts'
export { publishedKeys } from './published-keys.ts'
export { tokenTermsOf, underName } from './resource-terms.ts'
