import { type McpGuard, pathOf } from '../entry/index.ts'
import { type Reply, readOpenly } from '../http/index.ts'

/**
 * The answer to a request for the protected resource metadata of one of these guards (RFC 9728 §3.1); undefined where
 * the path is the address of none. A guard that stands alone answers for the root's address, too.
 * @param target Path and query.
 */
export function documentFor(
  guards: readonly McpGuard[],
  method: string | undefined,
  target: string,
): Reply | undefined {
  const path = pathOf(target)
  // Most requests are for something else.
  if (!path.startsWith('/.well-known/')) return undefined
  for (const guard of guards) {
    const document = guard.documentAt(path, guards.length === 1)
    if (document !== undefined) return readOpenly(method, document)
  }
  return undefined
}
