/**
 * A tool name or a pattern in which `*` stands for any characters, none included. Compared exactly: case counts, and
 * nothing is folded or decoded (MCP: tool names are case-sensitive).
 */
export type NameTest = (name: string) => boolean

/** One test for several patterns; an empty list matches nothing. */
export function matchAny(patterns: readonly string[]): NameTest {
  if (patterns.includes('*')) return () => true
  const exact = new Set(patterns.filter((pattern) => !pattern.includes('*')))
  const wild = patterns.filter((pattern) => pattern.includes('*')).map((pattern) => pattern.split('*'))
  return (name) => exact.has(name) || wild.some((parts) => matchesParts(name, parts))
}

/**
 * Leftmost match of each part in turn: linear in the name for each part, whatever the pattern, where a regular
 * expression of several `.*` would not be.
 */
function matchesParts(name: string, parts: readonly string[]): boolean {
  const first = parts[0] as string
  const last = parts[parts.length - 1] as string
  if (name.length < first.length + last.length || !name.startsWith(first) || !name.endsWith(last)) return false
  const end = name.length - last.length
  let at = first.length
  for (const part of parts.slice(1, -1)) {
    const found = name.indexOf(part, at)
    if (found === -1 || found + part.length > end) return false
    at = found + part.length
  }
  return at <= end
}
