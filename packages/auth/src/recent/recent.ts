/** Values by name, those asked for lately. When there are too many, those go that nobody has asked for longest. */
export class Recent<Value> {
  readonly #most: number
  #young = new Map<string, Value>()
  #old = new Map<string, Value>()

  /** @param most So many at the most. Half of them may go at once: that is what makes it cheap. */
  constructor(most: number) {
    this.#most = most
  }

  find(name: string): Value | undefined {
    const young = this.#young.get(name)
    if (young !== undefined) return young
    const old = this.#old.get(name)
    if (old !== undefined) this.keep(name, old)
    return old
  }

  keep(name: string, value: Value): void {
    if (this.#young.size >= this.#most / 2) {
      this.#old = this.#young
      this.#young = new Map()
    }
    this.#young.set(name, value)
  }

  drop(name: string): void {
    this.#young.delete(name)
    this.#old.delete(name)
  }
}
