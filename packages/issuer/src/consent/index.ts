/** The page that asks whether a client may act for a person, and what becomes of its form. */
export { type ConsentNeeds, consentPage, takeConsent } from './consent.ts'
