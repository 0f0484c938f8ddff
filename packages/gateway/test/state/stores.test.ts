import assert from 'node:assert/strict'
import { mkdtempSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { openStores } from '../../src/state/index.ts'

const directory = mkdtempSync(join(tmpdir(), 'portcullis-state-'))
after(() => rmSync(directory, { recursive: true }))

for (const what of ['deleted', 'replaced'] as const) {
  it(`a database that was ${what} under the gate answers nothing`, async () => {
    const file = join(directory, `${what}.db`)
    const stores = openStores({ kind: 'sqlite', file })
    await stores.credentials.changes()
    if (what === 'deleted') rmSync(file)
    else {
      const other = join(directory, 'other.db')
      openStores({ kind: 'sqlite', file: other }).close()
      renameSync(other, file)
    }
    await sleep(150)

    await assert.rejects(async () => stores.credentials.changes(), /deleted or replaced/)
    stores.close()
  })
}
