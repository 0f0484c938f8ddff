/**
 * One text for all spellings of a JSON-RPC id. Integers that a number cannot hold stay as they are written: rounded, two
 * of them could pass for one.
 * @param text JSON.
 */
export function canonicalId(text: string): string {
  const id: unknown = JSON.parse(text)
  return isExact(id) ? JSON.stringify(id) : text.trim()
}

/** The id of a message, as `canonicalId` has it. @param text The JSON that `message` was read from. */
export function canonicalIdIn(message: Readonly<Record<string, unknown>>, text: string): string {
  if (isExact(message.id)) return JSON.stringify(message.id)
  const sources = new Map<unknown, string>()
  const collect = function (this: unknown, key: string, value: unknown, { source }: { source?: string }): unknown {
    if (key === 'id' && source !== undefined) sources.set(this, source)
    return value
  }
  // The library's types do not know the third argument yet (ES2026).
  const root: unknown = JSON.parse(text, collect as Parameters<typeof JSON.parse>[1])
  return sources.get(root) ?? JSON.stringify(message.id)
}

function isExact(id: unknown): boolean {
  return typeof id !== 'number' || Number.isSafeInteger(id)
}
