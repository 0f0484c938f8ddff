import type { SignInOperation } from '@portcullis/auth/events'

/** What happened to an account, a client, a grant, a token or a key. */
export interface IssuerEvent {
  /** The thing, and what became of it. */
  readonly type: SignInOperation
  /** Who made it happen. */
  readonly actor: 'command' | 'person' | 'client' | 'issuer'
  readonly accountId?: string
  readonly clientId?: string
  readonly grantId?: string
  /** Public facts alone: never a token, a code or a secret. */
  readonly detail?: Readonly<Record<string, string | number | boolean>>
}

export type OnIssuerEvent = (event: IssuerEvent) => void
