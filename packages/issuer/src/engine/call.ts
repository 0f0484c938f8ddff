import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { Reply } from '@portcullis/auth/http'
import { toldOf } from './grants.ts'
import { attach, type Redemption } from './redemption.ts'
import type { EngineRequest } from './request.ts'
import { asResponse, Outgoing, toIncoming } from './stand-in.ts'

/**
 * Asks the engine and takes its whole answer, so that the edge can look at both. The engine sees a request that was
 * made for it: `Host` and scheme are the issuer's own (it builds URLs from them), no header of a proxy reaches it.
 */
export function callEngine(
  listener: RequestListener,
  issuer: URL,
  request: EngineRequest,
  redemption?: Redemption,
): Promise<Reply> {
  const { promise, resolve, reject } = Promise.withResolvers<Reply>()
  const incoming = toIncoming(request, issuer)
  if (redemption !== undefined) attach(incoming, redemption)
  const answer = (reply: Reply) => resolve(toldOf(incoming)?.then(() => reply) ?? reply)
  Promise.try(() => listener(incoming as never, asResponse(new Outgoing(answer)) as never)).catch(reject)
  return promise
}

/** What the engine's helpers take for a request and its response; what they set is to be found in the latter. */
export function standIns(request: EngineRequest, issuer: URL): { req: IncomingMessage; res: ServerResponse } {
  return { req: toIncoming(request, issuer), res: asResponse(new Outgoing()) }
}
