import { MODERN_REVISION } from '@portcullis/auth/protocol'
import type { UpstreamFailure } from '../upstream.ts'
import type { Conversation } from './conversation.ts'
import type { Asker } from './pending.ts'
import type { ChildResponse } from './wire.ts'

const META = {
  'io.modelcontextprotocol/protocolVersion': MODERN_REVISION,
  'io.modelcontextprotocol/clientInfo': { name: 'portcullis', version: '0.1.0' },
  'io.modelcontextprotocol/clientCapabilities': {},
}

/** A question of the gate's own, in the modern era. */
export function inquire(
  conversation: Conversation,
  method: string,
  params: Readonly<Record<string, unknown>>,
  timeoutMs: number,
): Promise<ChildResponse | UpstreamFailure> {
  const { promise, resolve } = Promise.withResolvers<ChildResponse | UpstreamFailure>()
  const asker: Asker = {
    isOpen: true,
    canStream: false,
    tell: () => {},
    respond: (_text, _errorCode, response) => response && resolve(response),
    fail: resolve,
    endStream: () => {},
  }
  const line = (id: number) => `${JSON.stringify({ jsonrpc: '2.0', id, method, params: { ...params, _meta: META } })}\n`
  const question = { rawId: '', rawToken: undefined, method, asker, wantsLogs: false, timeoutMs }
  const asked = conversation.ask(question, line)
  if (typeof asked !== 'number') resolve(asked)
  return promise
}
