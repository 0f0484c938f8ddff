/** Who may ask for tokens: clients that registered themselves, that the operator made, or that name themselves by a URL. */
export { Clients } from './clients.ts'
