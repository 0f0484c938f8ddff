/** Latencies counted in buckets of one microsecond up to two seconds: exact enough, and constant work per answer. */
export class Histogram {
  readonly #buckets = new Uint32Array(2_000_000)
  #count = 0

  get count(): number {
    return this.#count
  }

  /** @param ms Milliseconds, as `performance.now()` has them. */
  record(ms: number): void {
    const at = Math.min(Math.max(0, Math.round(ms * 1000)), this.#buckets.length - 1)
    this.#buckets[at] = (this.#buckets[at] ?? 0) + 1
    this.#count++
  }

  /** @returns Microseconds, below which `share` (0 to 1) of what was recorded lies. */
  quantile(share: number): number {
    let seen = 0
    for (let at = 0; at < this.#buckets.length; at++) {
      seen += this.#buckets[at] ?? 0
      if (seen >= this.#count * share && seen > 0) return at
    }
    return Number.NaN
  }

  summary(): { readonly p50: number; readonly p99: number } {
    return { p50: this.quantile(0.5), p99: this.quantile(0.99) }
  }
}
