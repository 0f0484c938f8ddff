/**
 * Reads `portcullis.yaml`.
 *
 *   file ─▶ YAML, references replaced ─▶ shape ─▶ contradictions ─▶ Settings + warnings
 *                     └───────────────────┴─────────────┴─────────▶ problems, all of them, with their lines
 *
 * Owns the keys, their defaults and bounds, and the words for what is wrong with them. Does not create or open what a
 * setting names, and knows nothing of what the other rooms make of it. What may weaken the gate is called
 * `dangerously…` and warns at every start.
 *
 * A key is added in `shape.ts` (or `shape-server.ts`), gets its place in `settings.ts` and `settle.ts`, and a row in
 * docs/configuration.md; then `node tools/pinned.mjs packages/gateway/src/config/write-schema.ts` publishes it.
 */

export { type Loaded, loadConfig, placeOf, type Use } from './load.ts'
export type { Problem } from './problem.ts'
export { formatProblem } from './problem.ts'
export * from './settings.ts'
export { EMBEDDED } from './shape-issuers.ts'
export { didYouMean } from './suggest.ts'
export { parseDuration, parseSize } from './units.ts'
