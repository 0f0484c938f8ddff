/**
 * Who may be a client, and what the operator decides about each: clients that registered themselves, that the operator
 * made, or that name themselves by a URL. Knows neither pages nor tokens.
 */
export { Clients, type ClientsNeeds, type Created, SAFE_SECONDS } from './clients.ts'
export type { NewClient } from './drafts.ts'
export { boundGuesses } from './guesses.ts'
export type { ClientView } from './records.ts'
