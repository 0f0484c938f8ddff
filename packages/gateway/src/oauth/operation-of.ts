import type { OperationEvent } from '@portcullis/auth/events'
import type { IssuerEvent } from '@portcullis/issuer'

/** What happened at the issuer, as the record has it: public ids, and facts in a few words. */
export function operationOf({ detail, type, ...ids }: IssuerEvent): Omit<OperationEvent, 'id' | 'at'> {
  const facts = Object.entries(detail ?? {}).map(([name, value]) => `${name} ${value}`)
  return { type, ...ids, ...(facts.length === 0 ? {} : { detail: facts.join(', ') }) }
}
