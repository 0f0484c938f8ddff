/** A gate whose delivery takes the new key and then kills it. Arguments: database, seconds since the epoch, file. */

import { keepKeys } from '../../src/keys/index.ts'
import { openLog } from '../../src/log/index.ts'
import { openStores } from '../../src/state/index.ts'

const DAY = 86_400
const [file = '', now = '', taken = ''] = process.argv.slice(2)
await keepKeys({
  credentials: openStores({ kind: 'sqlite', file }).credentials,
  settings: {
    maxAgeSeconds: 90 * DAY,
    remindBeforeSeconds: [],
    overlapSeconds: DAY,
    rotateBeforeSeconds: 7 * DAY,
    deliveries: new Map([
      ['vault', { kind: 'command', command: '/bin/sh', args: ['-c', 'cat > "$0"; kill -9 $PPID', taken] }],
    ]),
  },
  recorder: { operation() {} },
  log: openLog('silent'),
  now: () => Number(now),
})
