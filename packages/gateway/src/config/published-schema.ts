import { fileURLToPath } from 'node:url'
import * as z from 'zod/mini'
import { FILE_SHAPE } from './shape.ts'

export const SCHEMA_FILE = fileURLToPath(new URL('../../portcullis.schema.json', import.meta.url))

/** The text of the JSON Schema that is published in the package: what an editor needs to complete and check the file. */
export function publishedSchema(): string {
  const schema = z.toJSONSchema(FILE_SHAPE, { io: 'input', target: 'draft-2020-12' })
  return `${JSON.stringify({ title: 'portcullis.yaml', ...schema }, null, 2)}\n`
}
