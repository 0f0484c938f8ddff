/**
 * Bytes that come in pieces, put together as they come. A piece that is kept holds some hundred bytes beside its own, and
 * whoever sends them chooses how small they are.
 */
export class Pieces {
  length = 0
  #bytes = new Uint8Array()
  #count = 0

  /** @returns false where they have become too many for what they hold: whoever sends so is not to be heard out. */
  add(piece: Uint8Array): boolean {
    const end = this.length + piece.length
    // A single one is not copied, and is not ours to write to: it has no room behind it.
    if (this.length === 0) this.#bytes = piece as Uint8Array<ArrayBuffer>
    else {
      if (end > this.#bytes.length) {
        const larger = new Uint8Array(end * 2)
        larger.set(this.#bytes)
        this.#bytes = larger
      }
      this.#bytes.set(piece, this.length)
    }
    this.length = end
    return ++this.#count <= mostPieces(end)
  }

  /** All that came so far. */
  whole(): Uint8Array {
    return this.#bytes.subarray(0, this.length)
  }
}

/**
 * The bytes of a stream, which is used up by it.
 * @returns undefined where there are more than `most`, or they come in too many pieces: the rest is not asked for.
 * @throws what the stream fails with.
 */
export async function readAtMost(
  most: number,
  stream: ReadableStream<Uint8Array> | null,
): Promise<Uint8Array | undefined> {
  const reader = stream?.getReader()
  const chunks: Uint8Array[] = []
  let length = 0
  for (let read = await reader?.read(); read?.done === false; read = await reader?.read()) {
    length += read.value.length
    if (length > most || chunks.push(read.value) > mostPieces(length)) {
      void reader?.cancel().catch(() => {})
      return undefined
    }
  }
  return joinBytes(chunks, length)
}

/** Pieces may be small on average once there are more than a few: handling one costs more than its bytes. */
function mostPieces(length: number): number {
  return 1000 + length / 64
}

/** Chunks as one array; a single one is not copied. @param length Of all of them, in bytes. */
function joinBytes(chunks: readonly Uint8Array[], length: number): Uint8Array {
  if (chunks.length === 1) return chunks[0] as Uint8Array
  const whole = new Uint8Array(length)
  let at = 0
  for (const chunk of chunks) {
    whole.set(chunk, at)
    at += chunk.length
  }
  return whole
}
