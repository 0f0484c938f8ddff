/** How often it is told, in milliseconds. */
const AGAIN_MS = 600_000
/** What web servers answer where there is nothing, or nothing that takes a POST. */
const NOTHING_HERE: ReadonlySet<number> = new Set([404, 405, 410, 501])
/** In every message of MCP, and in no page that says that it was not found. */
const MARK = '"jsonrpc"'

/** What is seen of one answer that may not be a server's of MCP. */
export interface Doubt {
  /** The next bytes of it. */
  see(chunk: Uint8Array): void
  /** There are no more. */
  end(): void
}

/**
 * Tells the operator of a server whose URL leads elsewhere: all that callers see is a 404, as for a path of their own.
 * A message of MCP with that status means something (an unknown session, an unknown method), and so does any in a session.
 */
export class WrongPlace {
  readonly #tell: (status: number) => void
  #silentUntil = Number.NEGATIVE_INFINITY

  /** @param tell At most every ten minutes. */
  constructor(tell: (status: number) => void) {
    this.#tell = tell
  }

  /** For the answer to a POST outside of sessions. @returns undefined for one that needs no look. */
  doubt(status: number): Doubt | undefined {
    if (!NOTHING_HERE.has(status) || performance.now() < this.#silentUntil) return undefined
    let isMcp = false
    return {
      see: (chunk) => {
        // A message so short comes in one piece, or nearly always does: what is at stake is a line in the log.
        isMcp ||= Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength).includes(MARK)
      },
      end: () => {
        const now = performance.now()
        if (isMcp || now < this.#silentUntil) return
        this.#silentUntil = now + AGAIN_MS
        this.#tell(status)
      },
    }
  }
}
