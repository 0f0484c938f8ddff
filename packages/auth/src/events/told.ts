import type { Incoming, Message, RequestMessage } from '../protocol/index.ts'

/** Of each name in a batch so much is recorded, in UTF-16 units. */
const MAX_BATCHED = 150

/** What an event says of a body: method and name, those of a batch in one line; never arguments. */
export function told(incoming: Incoming): { readonly method: string; readonly name: string | undefined } {
  return { method: methodOf(incoming), name: nameOf(incoming) }
}

function methodOf({ isBatch, messages: [first] }: Incoming): string {
  if (isBatch) return 'batch'
  return first.kind === 'response' ? 'response' : first.method
}

function nameOf({ isBatch, messages }: Incoming): string | undefined {
  const named = (message: Message): message is RequestMessage => message.kind === 'request'
  if (!isBatch) return named(messages[0]) ? messages[0].name : undefined
  return messages
    .filter(named)
    .map(({ method, name }) => (name === undefined ? method : `${method} ${name}`).slice(0, MAX_BATCHED))
    .join(', ')
}
