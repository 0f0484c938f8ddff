/**
 * Fills a gate's database with API keys and writes the keys themselves to a file, one per line. The only code of the
 * benchmarks that knows the inside of the gate: a million calls of `keys create` would take a day.
 *
 *   node bench/seed.ts DATABASE SERVER COUNT KEYS_FILE
 */
import { hash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { randomId, storedDigest } from '@portcullis/auth/crypto'
import { mintSecret } from '@portcullis/auth/protocol'
import { type CredentialRecord, prepareDatabase, sqliteCredentials } from '@portcullis/auth/store'

const [database = '', server = '', count = '0', keysFile = ''] = process.argv.slice(2)
const keys: string[] = []

function* records(): Generator<CredentialRecord> {
  const createdAt = Math.floor(Date.now() / 1000)
  for (let n = 0; n < Number(count); n++) {
    const { id, secret } = mintSecret('api-key')
    keys.push(secret)
    yield {
      id,
      kind: 'api-key',
      digest: storedDigest(hash('sha256', secret, 'buffer')),
      clientId: randomId(16),
      server,
      name: `bench ${n}`,
      createdAt,
    }
  }
}

const db = new DatabaseSync(database)
prepareDatabase(db)
await sqliteCredentials(db).insertMany(records())
db.close()
writeFileSync(keysFile, `${keys.join('\n')}\n`)
