import type { Resource } from '../engine/index.ts'
import { type Html, html, TEXTS } from '../web/index.ts'

/** What a scope lets a client do: in the operator's words, else in ours for those that every server has. */
export function wordsOf(resource: Resource | undefined, scope: string): string | undefined {
  const words = resource?.describes?.[scope]
  if (words !== undefined) return words
  const { read, write, writeOthers } = TEXTS.scopes
  if (scope === 'mcp:read') return read
  if (scope !== 'mcp:write') return undefined
  return Object.keys(resource?.opens ?? {}).length === 0 ? write : writeOthers
}

/** A scope as people see it: its words, and in small print what programs call it. */
export function shownScope(resource: Resource | undefined, scope: string): Html {
  const words = wordsOf(resource, scope)
  return words === undefined ? html`<code>${scope}</code>` : html`${words} <code class="raw">${scope}</code>`
}
