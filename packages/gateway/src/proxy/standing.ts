/** Streams that would never end by themselves: whoever closes the gate ends them, and lets the others finish. */
export class Standing {
  private readonly closers = new Set<() => void>()

  /** @returns takes it off again. */
  add(close: () => void): () => void {
    this.closers.add(close)
    return () => this.closers.delete(close)
  }

  closeAll(): void {
    for (const close of [...this.closers]) close()
  }
}
