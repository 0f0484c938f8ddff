import type { Payload } from '../vault/index.ts'

/** What a client asks of a person, as the engine has checked and stored it. */
export interface ConsentAsked {
  readonly accountId: string
  readonly clientId: string
  readonly client: Payload
  readonly redirectUri: string
  /** Canonical URI of the one resource. */
  readonly resource: string
  /** Scopes of the resource. */
  readonly scopes: readonly string[]
}

/** A code or tokens were issued on a grant. */
export interface GrantUsed {
  readonly kind: 'authorized' | 'redeemed'
  readonly grantId: string
  readonly accountId: string
  readonly clientId: string
  readonly client: Payload
  readonly redirectUri?: string
  /** What it opens, of all resources together. */
  readonly scopes: readonly string[]
  /** The address that asked. */
  readonly peer: string
}
