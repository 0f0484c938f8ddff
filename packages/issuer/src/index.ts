/**
 * The embedded OAuth 2.1 authorization server: a person signs in, sees what a client asks for and says yes; the client
 * gets tokens that the guard next to it knows how to check.
 */
export type { Lifetimes, Resource } from './engine/index.ts'
export type { IssuerEvent, OnIssuerEvent } from './events.ts'
export { type Issuer, type IssuerOptions, openIssuer } from './issuer.ts'
export { type Operator, type OperatorOptions, openOperator } from './operator.ts'
export { faultOfName, faultOfPassword, PASSWORD_LENGTH } from './people/index.ts'
