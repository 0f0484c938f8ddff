/**
 * Clients that name themselves by the URL of a document (draft-ietf-oauth-client-id-metadata-document-01): which URLs can
 * name one, whose documents count, what has to stand in them, and how long they are kept. docs/decisions/0016 holds the
 * rules one by one.
 */
export { faultOfAddress, isDocumentAddress } from './address.ts'
export { type DocumentAsked, Documents, type DocumentsOptions, type RefusedDocument } from './documents.ts'
export { freshFor } from './freshness.ts'
export { type ClientDocument, type DocumentRules, type Proof, readDocument } from './read-document.ts'
export { type DocumentPolicy, type Trust, trustOf } from './trust.ts'
