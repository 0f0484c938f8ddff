/** A client that may not be one, or about which nothing can be found out now. */
export class ClientRefused extends Error {
  /** Whether it is worth trying again: the fault may pass by itself. */
  readonly isPassing: boolean

  /** @param description For the person at the browser and the client's makers. */
  constructor(description: string, isPassing = false, cause?: unknown) {
    super(description, { cause })
    this.name = 'ClientRefused'
    this.isPassing = isPassing
  }
}
