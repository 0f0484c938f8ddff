/** Whether a client may act for a person: the page that asks, and what is remembered of the answers. */
export { nameOf, scopesOf } from './asked.ts'
export { type AnotherAccount, type ConsentNeeds, consentPage, takeConsent } from './consent.ts'
export { Consents, type ConsentsNeeds, isProven } from './consents.ts'
export { shownScope } from './words.ts'
