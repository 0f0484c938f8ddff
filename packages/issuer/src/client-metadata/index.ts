/**
 * What a client may say of itself (RFC 7591 §2), wherever it says so: at registration, in its document, through the
 * operator. Names are made fit to be shown, addresses held to the rules for redirects, everything else left out. Knows
 * nothing of where clients are kept or how they were fetched.
 */
export { KNOWN_REDIRECTS } from './known-redirects.ts'
export { isLoopbackRedirect, type RedirectRules, redirectRules } from './redirects.ts'
export { type ClientMetadata, type MetadataRefusal, type Settled, settleMetadata } from './settle.ts'
export { cleanText, MAX_NAME } from './text.ts'
