import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { freePort, PEER_CORE, startNode, untilAnswers } from '../process/index.ts'
import type { Rig } from '../rig.ts'
import type { Peer, StartPeer } from './peer.ts'

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

/** @param server The command line of the stdio server that it starts and stands in front of. */
export async function startBareStdio(rig: Rig, server: readonly string[]): Promise<Peer> {
  const port = await freePort()
  const child = rig.adopt(startNode(PEER_CORE, 'bench/peers/bare-stdio.ts', [String(port), ...server]))
  await untilAnswers(child, port)
  const keys = await rig.writeKeys('bare-stdio.key', ['nobody-reads-this-key'])
  return { name: 'bare-stdio', target: { port, path: '/mcp', keys }, pid: child.pid }
}

/** `bare` with the least that any gate does. */
export async function startLean(rig: Rig): Promise<Peer> {
  const port = await freePort()
  const key = `lean_${randomBytes(48).toString('base64url')}`
  const args = [String(port), String(rig.upstream.port), key, join(rig.folder, 'lean.record')]
  const child = rig.adopt(startNode(PEER_CORE, 'bench/peers/lean.ts', args))
  await untilAnswers(child, port)
  return { name: 'lean', target: { port, path: '/mcp', keys: await rig.writeKeys('lean.key', [key]) }, pid: child.pid }
}
