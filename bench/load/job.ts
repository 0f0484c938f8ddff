/** What a load process is asked, and what it answers; both travel over the IPC channel as plain values. */

/** Where the requests go and what they carry. */
export interface Target {
  readonly port: number
  readonly path: string
  /** A file with one bearer credential per line; each request draws one uniformly. */
  readonly keys: string
  /** The MCP session that the calls belong to; absent where a server keeps none. */
  readonly session?: string
}

export type Job =
  /** Each connection sends its next request when its last one is answered: finds the capacity. */
  | ({ readonly kind: 'closed'; readonly target: Target; readonly connections: number } & Span)
  /** Requests leave on a fixed schedule, answered or not: finds the latency at a load below capacity. */
  | ({ readonly kind: 'open'; readonly target: Target; readonly connections: number; readonly rate: number } & Span)
  /**
   * As `closed`, over the standard input and output of a server, which the first such job starts and which ends with
   * the generator.
   */
  | ({
      readonly kind: 'stdio'
      readonly driver: 'pump' | 'sdk'
      readonly command: string
      readonly args: readonly string[]
      readonly concurrency: number
    } & Span)
  /** Opens event streams, beside those that are open already, and holds them until the generator ends. */
  | { readonly kind: 'streams'; readonly target: Target; readonly count: number }

/** In seconds. What is answered while warming up is verified but not counted. */
export interface Span {
  readonly warmUp: number
  readonly seconds: number
}

export interface Burst {
  readonly kind: 'burst'
  /** Answers per second within the counted span. */
  readonly rate: number
  /** Microseconds. */
  readonly p50: number
  readonly p99: number
  /** Answers in the whole burst, warm-up included: what the peer's CPU time is divided by. */
  readonly answers: number
}

export interface Held {
  readonly kind: 'held'
  /** Streams that carried their first event. */
  readonly open: number
  /** Streams that were answered with each other status. */
  readonly refused: Readonly<Record<string, number>>
  /** Streams whose connection failed: nobody should ever see one. */
  readonly broken: number
}
