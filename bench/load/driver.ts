/** Drives a stdio server, which it has started, over its pipes. Both live as long as this process. */
export interface StdioDriver {
  /** One call. Rejects unless it is answered with the tool's result, and when the server ends. */
  call(): Promise<void>
}

export type StartDriver = (command: string, args: readonly string[]) => Promise<StdioDriver>
