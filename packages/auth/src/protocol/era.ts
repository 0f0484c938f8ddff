import type { Incoming } from './message.ts'
import { isModernRequest } from './mirrored-headers.ts'
import { type Era, eraOfRevision } from './revisions.ts'

/**
 * The era that a body speaks: by what its messages carry and what the header says, never by method or connection
 * (requirements TR-09).
 * @param version The value of `MCP-Protocol-Version`. @returns undefined for a revision that is none of MCP's.
 */
export function eraOfIncoming({ messages }: Incoming, version: string | undefined): Era | undefined {
  if (messages.some((message) => message.kind !== 'response' && isModernRequest(message.params, version))) {
    return 'modern'
  }
  return version === undefined ? 'legacy' : eraOfRevision(version)
}
