import { freePort, PEER_CORE, startNode, untilAnswers } from '../process/index.ts'
import type { StartPeer } from './peer.ts'

/** The ways in `bare.ts`, the quickest first: measured by `npm run bench -- --only bare`. */
export const WAYS = ['collected', 'streamed', 'piped'] as const

/** @param way How a body travels. */
export function startBare(way: (typeof WAYS)[number], name: string = way): StartPeer {
  return async (rig) => {
    const port = await freePort()
    const args = [String(port), String(rig.upstream.port), way]
    const child = rig.adopt(startNode(PEER_CORE, 'bench/peers/bare.ts', args))
    await untilAnswers(child, port)
    const keys = await rig.writeKeys(`${name}.key`, ['nobody-reads-this-key'])
    return { name, target: { port, path: '/mcp', keys }, pid: child.pid }
  }
}
