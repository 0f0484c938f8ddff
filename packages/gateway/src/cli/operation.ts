import type { OperationEvent } from '@portcullis/auth/events'
import type { Settings } from '../config/index.ts'
import { createRecorder, openSpool } from '../record/index.ts'

const SILENT = { info() {}, warn() {}, error() {} }

/**
 * Writes one event of a command into the record's spool, beside those of the gates; a running gate takes it into the
 * store, and a query finds it at once.
 * @throws when it cannot be written.
 */
export function recordOperation(settings: Settings, event: Omit<OperationEvent, 'id' | 'at'>): void {
  const { directory, segmentBytes } = settings.record
  const recorder = createRecorder({ spool: openSpool({ directory, segmentBytes }), log: SILENT })
  let failure: Error | undefined
  recorder.operation(event, (error) => {
    failure = error
  })
  recorder.close()
  if (failure !== undefined) throw failure
}
