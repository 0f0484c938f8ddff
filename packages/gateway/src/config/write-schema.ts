/** Writes the JSON Schema of the configuration: `node tools/pinned.mjs packages/gateway/src/config/write-schema.ts`. */
import { writeFileSync } from 'node:fs'
import { publishedSchema, SCHEMA_FILE } from './published-schema.ts'

writeFileSync(SCHEMA_FILE, publishedSchema())
