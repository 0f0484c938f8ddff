import { isDigestAt, type MaybePromise } from '../crypto/index.ts'
import type { CredentialRecord } from '../store/index.ts'

/**
 * The part of every credential that a check needs, packed into rows of 96 bytes, where a record as an object takes some
 * 400 and makes the garbage collector walk it. A million keys are a normal number here, and memory is what a check of
 * one of them waits for: what belongs to a credential lies side by side, in two lines of the processor's cache.
 *
 * Rows are found by public id through an open-addressing table. Ids are random and ours, so a caller can present any
 * id but cannot choose which ones are on the shelf.
 */
const CHUNK = 1 << 14
const CHUNK_BITS = 14
const TEXT = 16
/** Bytes of a row: id, client id and digest are 64; the words of `#word` follow. */
const ROW = 96
const DIGEST = TEXT + TEXT
const USED = 18
const ID = /^[\0-\x7f]{16}$/
const EMPTY = -1

/** Two views of the same rows. 32 bits of seconds last until the year 2106. */
interface Chunk {
  readonly bytes: Uint8Array
  readonly words: Uint32Array
}

export class Shelf {
  readonly #chunks: Chunk[] = []
  #slots = new Int32Array(1024).fill(EMPTY)
  #rows = 0

  get size(): number {
    return this.#rows
  }

  /** @returns the row, or -1. */
  find(id: string): number {
    return id.length === TEXT ? (this.#slots[this.#slotOf(id)] as number) : EMPTY
  }

  /**
   * Puts a record on the shelf or replaces what is there.
   * @throws when it has not the size of a row: ids of 16 characters of ASCII, a digest of 32 bytes. Nothing is changed then.
   */
  put(record: CredentialRecord, terms: number, generation: number): void {
    const { id, clientId, digest } = record
    if (!ID.test(id) || !ID.test(clientId) || digest.length !== 32)
      throw new TypeError('ids have 16 ASCII characters, digests 32 bytes')
    if (this.#rows * 2 >= this.#slots.length) this.#grow()
    const slot = this.#slotOf(id)
    let row = this.#slots[slot] as number
    if (row === EMPTY) {
      row = this.#rows++
      if (row >> CHUNK_BITS === this.#chunks.length) this.#chunks.push(newChunk())
      this.#slots[slot] = row
    }
    const { bytes, words } = this.#chunk(row)
    const start = startOf(row)
    for (let at = 0; at < TEXT; at++) {
      bytes[start + at] = id.charCodeAt(at)
      bytes[start + TEXT + at] = clientId.charCodeAt(at)
    }
    bytes.set(digest, start + DIGEST)
    const usedAt = Math.max(record.lastUsedAt ?? 0, this.usedAt(row))
    words.set([toSeconds(record.expiresAt), toSeconds(record.revokedAt), usedAt, terms, generation], start / 4 + 16)
  }

  /** Whether this is the secret of the row; compared in constant time, and where it lies. */
  isDigestOf(row: number, secret: string): MaybePromise<boolean> {
    return isDigestAt(this.#chunk(row).bytes, startOf(row) + DIGEST, secret)
  }

  clientId = (row: number): string => this.#text(row, TEXT)

  #text(row: number, from: number): string {
    const { bytes } = this.#chunk(row)
    const at = startOf(row) + from
    // Spelled out: by way of an array it takes twice as long, and every check asks for it.
    // biome-ignore format: sixteen are better seen at once
    return String.fromCharCode(
      byte(bytes, at), byte(bytes, at + 1), byte(bytes, at + 2), byte(bytes, at + 3),
      byte(bytes, at + 4), byte(bytes, at + 5), byte(bytes, at + 6), byte(bytes, at + 7),
      byte(bytes, at + 8), byte(bytes, at + 9), byte(bytes, at + 10), byte(bytes, at + 11),
      byte(bytes, at + 12), byte(bytes, at + 13), byte(bytes, at + 14), byte(bytes, at + 15),
    )
  }

  // Times are seconds since the epoch; 0 where there is none.
  expiresAt = (row: number): number => this.#word(row, 16)
  revokedAt = (row: number): number => this.#word(row, 17)
  usedAt = (row: number): number => this.#word(row, USED)
  terms = (row: number): number => this.#word(row, 19)
  generation = (row: number): number => this.#word(row, 20)

  markUsed(row: number, at: number): void {
    this.#chunk(row).words[startOf(row) / 4 + USED] = at
  }

  #word(row: number, which: number): number {
    return this.#chunk(row).words[startOf(row) / 4 + which] as number
  }

  #chunk(row: number): Chunk {
    return this.#chunks[row >> CHUNK_BITS] as Chunk
  }

  /** The slot that holds the row of this id, or the empty one where it belongs. */
  #slotOf(id: string): number {
    let hash = SEED
    for (let at = 0; at < HASHED; at++) hash = mix(hash, id.charCodeAt(at))
    const mask = this.#slots.length - 1
    for (let slot = finish(hash) & mask; ; slot = (slot + 1) & mask) {
      const row = this.#slots[slot] as number
      if (row === EMPTY || this.#isCalled(row, id)) return slot
    }
  }

  /** What is no ASCII is no byte of ours, so such an id is nobody's. */
  #isCalled(row: number, id: string): boolean {
    const { bytes } = this.#chunk(row)
    const start = startOf(row)
    for (let at = 0; at < TEXT; at++) if (bytes[start + at] !== id.charCodeAt(at)) return false
    return true
  }

  #grow(): void {
    this.#slots = new Int32Array(this.#slots.length * 2).fill(EMPTY)
    for (let row = 0; row < this.#rows; row++) this.#slots[this.#slotOf(this.#text(row, 0))] = row
  }
}

/**
 * FNV-1a of the first eight characters: ids are random already, 41 bits in those, so any mixing spreads them. Two that
 * begin alike lie side by side and are told apart there.
 */
const HASHED = 8
const SEED = 0x811c9dc5

function byte(bytes: Uint8Array, at: number): number {
  return bytes[at] as number
}

function mix(hash: number, code: number): number {
  return Math.imul(hash ^ code, 0x01000193)
}

function finish(hash: number): number {
  return hash ^ (hash >>> 15)
}

/** A time as 32 bits. One that is there never becomes 0, which stands for none: what ends must not seem endless. */
function toSeconds(at: number | undefined): number {
  if (at === undefined) return 0
  return at >= 1 ? Math.min(at, 0xffffffff) : 1
}

/** Where a row begins in its chunk, in bytes. */
function startOf(row: number): number {
  return (row % CHUNK) * ROW
}

function newChunk(): Chunk {
  const words = new Uint32Array((CHUNK * ROW) / 4)
  return { bytes: new Uint8Array(words.buffer), words }
}
