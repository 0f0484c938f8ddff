import type { Client } from 'oidc-provider'
import type { Payload } from '../vault/index.ts'

const known = new WeakMap<object, Payload>()

/**
 * What a client says of itself (RFC 7591 §2), not to be written to. The engine makes it out anew each time it is asked,
 * name by name; its clients stay as they were made, so once is enough.
 */
export function metadataOf(client: Pick<Client, 'metadata'>): Payload {
  let metadata = known.get(client)
  if (metadata === undefined) {
    metadata = Object.freeze(client.metadata() as Payload)
    known.set(client, metadata)
  }
  return metadata
}
