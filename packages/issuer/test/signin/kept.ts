/** The keys of all maps within something, however deep: what it remembers. */
export function keysOf(something: unknown): readonly string[] {
  if (something instanceof Map) return [...something].flatMap(([key, value]) => [String(key), ...keysOf(value)])
  if (typeof something !== 'object' || something === null) return []
  return Object.values(something).flatMap(keysOf)
}
