import type { ClientOrigin, MaybePromise } from '@portcullis/auth/store'
import type { Configuration } from 'oidc-provider'
import type { Grants } from '../grants/index.ts'
import type { Payload, Vault } from '../vault/index.ts'
import type { ConsentAsked, GrantUsed } from './asked.ts'
import type { Resource } from './resources.ts'

/** Clients as the engine asks for them: their metadata (RFC 7591 §2). */
export interface KnownClients {
  /**
   * @param hasKey Whether it is about to prove itself with a key.
   * @param peer Address of who asks.
   * @throws {ClientRefused} for a client that may not be one, or about which nothing can be found out now.
   */
  find(clientId: string, hasKey: boolean, peer?: string): Promise<Payload | undefined>
  /** Whether tokens of a client still count: it is known, and nobody shut it out. Asks nobody but the store. */
  isLive(clientId: string): Promise<boolean>
  /** Whether a client may ask about access tokens of others, once it has proven who it is: the operator said so. */
  mayIntrospect(clientId: string): Promise<boolean>
  /** @param stored The `client_secret` of its metadata: what is kept of the secret. */
  isSecret(stored: string, given: string): boolean
}

/** Access tokens as JWTs, which the engine issues and knows nothing of afterwards. */
export interface AccessTokens {
  /** What a token says (RFC 7662 §2.2): `active: false` unless it counts, and is the client's own or one that it may ask about. */
  introspect(token: string, clientId: string): Promise<object>
  /** Ends a token that is the client's own (RFC 7009 §2.1). */
  revoke(token: string, clientId: string): Promise<void>
}

/** All in seconds. */
export interface Lifetimes {
  readonly accessToken: number
  /** Of a refresh token that is not used. */
  readonly refreshToken: number
  /** Of everything that one consent has led to. */
  readonly grant: number
}

export interface EngineOptions {
  /** The issuer identifier, to the letter as it stands in metadata and tokens. */
  readonly issuer: string
  readonly resources: readonly Resource[]
  readonly vault: Vault
  readonly grants: Pick<Grants, 'revoke'>
  readonly accessTokens: AccessTokens
  readonly clients: KnownClients
  readonly people: {
    isLive(accountId: string): Promise<boolean>
    /** A word that is another one once their password is, and none for who may not sign in. */
    standingOf(accountId: string): Promise<string | undefined>
  }
  readonly sealingKey: Uint8Array
  readonly lifetimes: Lifetimes
  /** Where a person is asked; the interaction's id follows. */
  readonly interactionPath: string
  /** Current time, seconds since the epoch. */
  readonly now: () => number
  /** How a client came to be known. */
  readonly originOf: (clientId: string) => Promise<ClientOrigin>
  /** Whether a person has said yes to exactly this before, in a way that may be remembered. Default: never. */
  readonly remembers?: (asked: ConsentAsked) => Promise<boolean>
  /** Whether that yes still stands. Asked again once what it opens is kept. */
  readonly stillRemembers?: (asked: ConsentAsked) => Promise<boolean>
  /** Told of each code and each pair of tokens. */
  readonly onGrantUsed?: (used: GrantUsed) => MaybePromise<void>
  /** Told of faults behind an answer that was given all the same. */
  readonly onFault?: (error: unknown) => void
  /** What other rooms of the issuer set up in the engine. */
  readonly features?: {
    readonly configuration?: Partial<Configuration>
    readonly engine?: Configuration['features']
  }
}
