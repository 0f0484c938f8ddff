import { readFileSync } from 'node:fs'

const drawers = new Map<string, () => string>()

/**
 * Draws uniformly from the lines of a file; a million of them are fine. A file is read once: collecting a million
 * strings anew for each burst would make the generator pause within it.
 */
export function keyDrawer(file: string): () => string {
  const drawer = drawers.get(file) ?? readDrawer(file)
  drawers.set(file, drawer)
  return drawer
}

function readDrawer(file: string): () => string {
  const keys = readFileSync(file, 'latin1').split('\n').filter(Boolean)
  const [only] = keys
  if (only === undefined) throw new Error(`${file} holds no key`)
  if (keys.length === 1) return () => only
  return () => keys[Math.floor(Math.random() * keys.length)] ?? only
}
