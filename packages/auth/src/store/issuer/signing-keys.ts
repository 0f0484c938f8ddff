import type { MaybePromise } from '../credentials.ts'

/** A key that access tokens are signed with. Times are seconds since the epoch. */
export interface SigningKeyRecord {
  /** RFC 7638 thumbprint. */
  readonly kid: string
  /** `ES256` or `EdDSA`. */
  readonly algorithm: string
  /** The private JWK, sealed. */
  readonly sealed: Uint8Array
  /** Published from here on. */
  readonly createdAt: number
  /** Signs from here on, until another one does: published ahead of use, so that those who cache keys know it. */
  readonly activeAt: number
  /** No longer published from here on: what it signed has expired. Absent while it is in use. */
  readonly retiredAt?: number
}

export interface SigningKeyStore {
  /** Atomic: only while there is none. Of any number of processes exactly one gets true. */
  insertFirst(key: SigningKeyRecord): MaybePromise<boolean>
  /** Atomic: only while `newest` is the one that signs last of all. Of any number of processes exactly one gets true. */
  insertAfter(newest: string, key: SigningKeyRecord): MaybePromise<boolean>
  /** Oldest first; those that are no longer published are left out. */
  list(now: number): MaybePromise<readonly SigningKeyRecord[]>
  /** @returns false when it is retired then already. */
  retire(kid: string, at: number): MaybePromise<boolean>
  /** Forgets keys that are no longer published. @returns how many. */
  prune(now: number): MaybePromise<number>
  /** Changes whenever anything here does, in whichever process. Cheap enough to be asked every second. */
  version(): MaybePromise<string>
}
