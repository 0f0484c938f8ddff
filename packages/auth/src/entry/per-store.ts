import { defer } from '../crypto/index.ts'
import { CredentialDirectory, Revoked } from '../guard/index.ts'
import type { RevocationStore } from '../store/index.ts'
import type { KeyStore } from './ways.ts'

/**
 * What all guards of a process know of one store. Its feed tells of each change once: if each guard asked by itself, a
 * key that was revoked would end at the one that asked first, and at no other.
 */
const directories = new WeakMap<KeyStore, CredentialDirectory>()
const revoked = new WeakMap<RevocationStore, Revoked>()

export function directoryOf(store: KeyStore): CredentialDirectory {
  return kept(directories, store, () => new CredentialDirectory(store, defer))
}

/** @param now Of whoever asks first: by it the entries that no longer matter are dropped. */
export function revokedIn(store: RevocationStore, now: () => number): Revoked {
  return kept(revoked, store, () => new Revoked(store, now, defer))
}

function kept<Key extends object, Value>(known: WeakMap<Key, Value>, key: Key, make: () => Value): Value {
  const value = known.get(key) ?? make()
  known.set(key, value)
  return value
}
