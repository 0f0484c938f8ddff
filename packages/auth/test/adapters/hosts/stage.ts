import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { McpGuard } from '../../../src/index.ts'

/** What a host puts on: tools behind a guard, which tell here what they hear. */
export interface Stage {
  readonly gate: McpGuard
  /** The names of the tools that were asked, in their order. */
  readonly heard: string[]
  /** What `watch_note` waits for, once it has begun to answer. */
  readonly curtain: Promise<void>
}

/** A server of some framework on this machine. */
export interface Running {
  readonly port: number
  close(): Promise<void>
}

export interface Host {
  readonly name: string
  /** Where the SDK's own app compares `Host`, nothing else than this machine's names comes as far as the guard. */
  readonly comparesHost?: boolean
  /** How callers' addresses are known. Default: as they are. */
  readonly peer?: string
  /**
   * Where a parser of the framework reads bodies: what it cannot read or will not, the framework answers. `first`: those of
   * strangers, too.
   */
  readonly parses?: 'first' | 'known'
  /** The tools at `/mcp`, behind the guard; at `/broken` a handler that throws; the guard's metadata. */
  start(stage: Stage): Promise<Running>
}

/** Fields of any length come as far as the guard. */
export const ROOMY = { maxHeaderSize: 128 * 1024 }

export async function listen(server: Server): Promise<Running> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

export function broken(): never {
  throw new Error('the handler is broken, and this text is its own')
}
