import { readFileSync } from 'node:fs'

/**
 * For what every gate has open: two databases with their logs, the spool, standard streams, the event loop, a program
 * that takes a key, and the callers beyond the limit that are told so.
 */
const RESERVED = 128
/** Standard input, output and error. */
const PER_CHILD = 3
/** Connections to an HTTP server that no caller waits for: sessions are ended there. */
const PER_HTTP_SERVER = 8
const MOST = 10_000
/** Where the limit cannot be read: what systems commonly allow. */
const COMMON_LIMIT = 1024

/** How many files and sockets this process may hold open. */
export function descriptorLimit(): number {
  try {
    const [, soft] = /^Max open files\s+(\d+|unlimited)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? []
    return soft === 'unlimited' ? Number.MAX_SAFE_INTEGER : Number(soft ?? COMMON_LIMIT)
  } catch {
    return COMMON_LIMIT
  }
}

/** What the servers behind a gate may take beside its callers. */
export interface Behind {
  /** Programs that may run at once. */
  readonly children: number
  readonly httpServers: number
}

/** Callers that can be served at once: each may need a second descriptor towards its upstream. */
export function connectionsFor(limit: number, { children, httpServers }: Behind): number {
  const reserved = RESERVED + PER_CHILD * children + PER_HTTP_SERVER * httpServers
  return Math.min(MOST, Math.max(16, Math.floor((limit - reserved) / 2)))
}

export function behind(
  upstreams: readonly { readonly kind: 'http' | 'stdio' }[],
  stdio: { readonly maxTotal: number },
): Behind {
  const httpServers = upstreams.filter(({ kind }) => kind === 'http').length
  return { children: httpServers === upstreams.length ? 0 : stdio.maxTotal, httpServers }
}
