import type { IssuerStores } from '@portcullis/auth/store'
import type { OnIssuerEvent } from './events.ts'
import { Grants } from './grants/index.ts'
import { People } from './people/index.ts'
import { type Algorithm, CLOCKS, PUBLISH_AHEAD, ROTATE_AFTER, SigningKeys } from './signing/index.ts'
import { Vault } from './vault/index.ts'

export interface ServiceOptions {
  readonly stores: IssuerStores
  /** 32 bytes that everything kept is sealed under. */
  readonly sealingKey: Uint8Array
  /** How long an access token lives, in seconds: for so long an end must be remembered. */
  readonly accessTokenSeconds: number
  readonly algorithm: Algorithm
  /** How long a signing key signs, in seconds. At least 2 days; default 90 days. */
  readonly rotateSigningKeysAfter?: number | undefined
  readonly onEvent: OnIssuerEvent
  /** Current time, seconds since the epoch. */
  readonly now: () => number
}

/** What an issuer keeps, and what can be done to it: the same for one that serves and for a command. */
export interface Services {
  readonly vault: Vault
  readonly grants: Grants
  readonly people: People
  readonly signingKeys: SigningKeys
}

const TWO_DAYS = 2 * 86_400

/** @throws {TypeError} when keys are to sign for less than two days: a key is published for one before it signs. */
export function openServices(options: ServiceOptions): Services {
  const { stores, sealingKey, algorithm, rotateSigningKeysAfter: rotateAfter = ROTATE_AFTER, onEvent, now } = options
  if (!(rotateAfter >= TWO_DAYS)) throw new TypeError('"rotateSigningKeysAfter" must be at least 2 days')
  const vault = new Vault(stores.artifacts, sealingKey)
  // Guards may be that much behind.
  const accessTokenSeconds = options.accessTokenSeconds + CLOCKS
  const grants = new Grants({ vault, revocations: stores.revocations, accessTokenSeconds, now, onEvent })
  const people = new People({
    store: stores.accounts,
    vault,
    now,
    onEvent,
    endAccess: (accountId, actor) => grants.endAccount(accountId, { actor }),
  })
  const signingKeys = new SigningKeys({
    ...{ store: stores.signingKeys, sealingKey, algorithm, rotateAfter, publishAhead: PUBLISH_AHEAD },
    ...{ keepAfter: accessTokenSeconds, now, onEvent },
  })
  return { vault, grants, people, signingKeys }
}
