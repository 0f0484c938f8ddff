import { once } from 'node:events'
import type { AddressInfo, Server } from 'node:net'
import { Connections, createHttpUpstream, type HttpUpstreamOptions } from '../../src/upstream/http/index.ts'
import type { Call, Upstream, UpstreamFailure } from '../../src/upstream/upstream.ts'

/** The server listening, and an upstream that leads there; `close` ends both. */
export async function givenUpstream(server: Server, options: Partial<HttpUpstreamOptions> = {}) {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const upstream = createHttpUpstream({
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`,
    headers: [],
    silenceMs: 5000,
    connections: new Connections(),
    warn: () => {},
    ...options,
  })
  const close = async (): Promise<void> => {
    await upstream.close()
    server.close()
  }
  return { upstream, close }
}

/** One call. @returns the status of its answer when that has ended, or the failure. */
export function ask(upstream: Upstream, further: Partial<Call> = {}): Promise<number | UpstreamFailure> {
  const { promise, resolve } = Promise.withResolvers<number | UpstreamFailure>()
  let answered = 0
  upstream.send(
    { era: 'legacy', method: 'POST', headers: [], principalKey: 'a', ...further },
    {
      start: (status) => {
        answered = status
      },
      write: () => true,
      end: () => resolve(answered),
      fail: resolve,
      onDrain: () => {},
      onLeave: () => {},
    },
  )
  return promise
}
