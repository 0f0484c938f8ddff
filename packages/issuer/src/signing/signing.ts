import { createHash, generateKeyPairSync, type JsonWebKey } from 'node:crypto'
import { openBytes, sealBytes } from '@portcullis/auth/crypto'
import type { SigningKeyRecord, SigningKeyStore } from '@portcullis/auth/store'
import { deriveKey } from '../vault/index.ts'

export type Algorithm = 'ES256' | 'EdDSA'

/** A private key as the engine takes it. */
export type SigningKey = JsonWebKey & { readonly kid: string; readonly alg: string; readonly use: 'sig' }

/** Keys that access tokens are signed with: made here, kept sealed, the same for all processes on one store. */
export class SigningKeys {
  readonly store: SigningKeyStore
  private readonly key: Uint8Array
  private readonly now: () => number

  constructor(store: SigningKeyStore, sealingKey: Uint8Array, now: () => number) {
    this.store = store
    this.key = deriveKey(sealingKey, 'signing keys')
    this.now = now
  }

  /** The published keys; the first one signs. Makes one when there is none. */
  async current(algorithm: Algorithm): Promise<readonly SigningKey[]> {
    let records = await this.store.list(this.now())
    if (records.length === 0) {
      await this.store.insertFirst(this.make(algorithm, this.now()))
      records = await this.store.list(this.now())
    }
    return this.inOrder(records)
  }

  /** A new key, published at once, that signs from `activeAt` on. */
  make(algorithm: Algorithm, activeAt: number): SigningKeyRecord {
    const { kid, ...key } = generate(algorithm)
    const sealed = sealBytes(this.key, Buffer.from(JSON.stringify(key)), kid)
    return { kid, algorithm, sealed, createdAt: this.now(), activeAt }
  }

  /** The newest that is active first; then the others, which only verify or will sign later. */
  private inOrder(records: readonly SigningKeyRecord[]): readonly SigningKey[] {
    const active = records.filter(({ activeAt, retiredAt }) => activeAt <= this.now() && retiredAt === undefined)
    const signs = active.at(-1) ?? records.at(-1)
    const ordered = [...records].sort((a, b) => Number(b === signs) - Number(a === signs))
    return ordered.map((record) => this.open(record))
  }

  /** @throws when the sealing key is another one. */
  private open({ kid, algorithm, sealed }: SigningKeyRecord): SigningKey {
    const key = JSON.parse(Buffer.from(openBytes(this.key, sealed, kid)).toString('utf8'))
    return { ...key, kid, alg: algorithm, use: 'sig' }
  }
}

function generate(algorithm: Algorithm): JsonWebKey & { readonly kid: string } {
  const { privateKey } =
    algorithm === 'ES256' ? generateKeyPairSync('ec', { namedCurve: 'P-256' }) : generateKeyPairSync('ed25519')
  const key = privateKey.export({ format: 'jwk' })
  return { ...key, kid: thumbprint(key) }
}

/** RFC 7638. */
function thumbprint({ kty, crv, x, y }: JsonWebKey): string {
  const members = kty === 'EC' ? { crv, kty, x, y } : { crv, kty, x }
  return createHash('sha256').update(JSON.stringify(members)).digest('base64url')
}
