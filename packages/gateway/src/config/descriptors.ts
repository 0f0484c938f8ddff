import { readFileSync } from 'node:fs'

/** For databases, logs, listeners and the pipes of children. */
const RESERVED = 128
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

/** Callers that can be served at once: each may need a second descriptor towards its upstream. */
export function connectionsFor(limit: number): number {
  return Math.min(MOST, Math.max(16, Math.floor((limit - RESERVED) / 2)))
}
