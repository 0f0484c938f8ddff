/** Chunks as one array; a single one is not copied. @param length Of all of them, in bytes. */
export function joinBytes(chunks: readonly Uint8Array[], length: number): Uint8Array {
  if (chunks.length === 1) return chunks[0] as Uint8Array
  const whole = new Uint8Array(length)
  let at = 0
  for (const chunk of chunks) {
    whole.set(chunk, at)
    at += chunk.length
  }
  return whole
}

/**
 * The bytes of a stream, which is used up by it.
 * @returns undefined where there are more than `most`: the rest is not asked for.
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
    if (length > most) {
      void reader?.cancel().catch(() => {})
      return undefined
    }
    chunks.push(read.value)
  }
  return joinBytes(chunks, length)
}
