import type { RevocationStore } from '@portcullis/auth/store'
import type { Configuration, Grant, KoaContextWithOIDC } from 'oidc-provider'
import type { Payload, Vault } from '../vault/index.ts'
import type { Resource } from './resources.ts'

/** Clients as the engine asks for them: their metadata (RFC 7591 §2). */
export interface KnownClients {
  find(clientId: string): Promise<Payload | undefined>
  register(metadata: Payload): Promise<void>
  remove(clientId: string): Promise<void>
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
  readonly revocations: RevocationStore
  readonly clients: KnownClients
  readonly people: { isLive(accountId: string): Promise<boolean> }
  readonly sealingKey: Uint8Array
  readonly lifetimes: Lifetimes
  readonly algorithm: 'ES256' | 'EdDSA'
  /** Where a person is asked; the interaction's id follows. */
  readonly interactionPath: string
  /** Current time, seconds since the epoch. */
  readonly now: () => number
  /** A grant made without asking, where consent is remembered. */
  readonly remembered?: (ctx: KoaContextWithOIDC) => Promise<Grant | undefined>
  /** What other rooms of the issuer set up in the engine. */
  readonly features?: {
    readonly configuration?: Partial<Configuration>
    readonly engine?: Configuration['features']
  }
}
