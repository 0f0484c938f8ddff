import type { Parsed } from './addresses.ts'
import type { StoreSettings } from './settings.ts'

/** Reads where the store is. A path is as it was written: relative to the file, not yet to anything. */
export function parseStore(text: string): Parsed<StoreSettings> {
  if (text === 'memory:') return { ok: { kind: 'memory' } }
  if (/^postgres(ql)?:/i.test(text)) return { fault: 'Postgres is not available yet; use sqlite:PATH' }
  if (!text.startsWith('sqlite:')) return { fault: 'must be sqlite:PATH, or memory: for a trial' }
  const file = text.slice('sqlite:'.length)
  if (file === '' || file.endsWith('/')) return { fault: 'must name a file, such as sqlite:./portcullis.db' }
  // `sqlite://state/x.db` would be the file /state/x.db to one reader and a host called `state` to another.
  if (/^\/\/[^/]/.test(file)) return { fault: 'must be sqlite:PATH without `//`' }
  if (file.includes(':memory:')) return { fault: 'must be memory: for a store that is forgotten' }
  return { ok: { kind: 'sqlite', file } }
}
