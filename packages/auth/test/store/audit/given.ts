import { type AuditRecord, eventIds, type OperationEvent, type RequestEvent } from '../../../src/events/index.ts'

export const NOON = 1_800_000_000_000

/** Events of one process, each a second after the one before. */
export function givenProcess(process = 'aaaaaa', start = NOON) {
  const newId = eventIds(process)
  let at = start
  const stamp = () => {
    at += 1000
    return { id: newId(at), at }
  }
  return {
    request(facts: Partial<RequestEvent> = {}): RequestEvent {
      return {
        type: 'request',
        ...stamp(),
        server: 'files',
        principal: { kind: 'api-key', subject: 'claude', clientId: 'claude', credentialId: 'k1' },
        peer: '192.0.2.7',
        verb: 'POST',
        method: 'tools/call',
        name: 'read_file',
        decision: 'allowed',
        outcome: 'answered',
        status: 200,
        durationMs: 2.5,
        ...facts,
      }
    },
    open(facts: Partial<RequestEvent> = {}): RequestEvent {
      const { status: _, durationMs: __, ...intent } = this.request(facts)
      return { ...intent, outcome: 'open' }
    },
    operation(facts: Partial<OperationEvent> = {}): OperationEvent {
      return { type: 'key.revoked', ...stamp(), actor: 'command', credentialId: 'k1', server: 'files', ...facts }
    },
  }
}

export function endingOf({ id }: { id: string }, facts: object = { status: 200, durationMs: 7 }): AuditRecord {
  return { type: 'ending', id, outcome: 'answered', ...facts }
}
