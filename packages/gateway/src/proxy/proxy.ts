import { Lasting } from './lasting.ts'
import type { ProxyOptions } from './options.ts'
import { pass } from './order.ts'
import type { Visit } from './passage.ts'
import { INTERNAL_ERROR } from './replies.ts'
import { sendReply } from './send.ts'
import { TurnedAway } from './turned-away.ts'
import { Unchecked } from './unchecked.ts'

/** Takes requests that have found their server. A fault of ours ends the one request, never the gate. */
export function createProxy(options: ProxyOptions): (visit: Visit) => void {
  const proxy = {
    ...options,
    unchecked: new Unchecked(options.log),
    turnedAway: new TurnedAway(options.log),
    lasting: new Lasting(),
  }
  return (visit) => {
    pass(visit, proxy).catch((error: unknown) => {
      options.log.error({ server: visit.server.name, err: error }, 'a request could not be served')
      sendReply(visit.request, visit.response, INTERNAL_ERROR, visit.fields)
    })
  }
}
