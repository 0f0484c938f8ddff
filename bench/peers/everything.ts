import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { freePort, PEER_CORE, startProgram, untilAnswers } from '../process/index.ts'
import type { Rig } from '../rig.ts'
import type { Peer } from './peer.ts'

/** The command line of a real server, made with the official SDK, that speaks whichever transport is wanted. */
export function everythingServer(transport: 'stdio' | 'streamableHttp'): readonly string[] {
  const { resolve } = createRequire(import.meta.url)
  const folder = dirname(resolve('@modelcontextprotocol/server-everything/package.json'))
  return [process.execPath, join(folder, 'dist', 'index.js'), transport]
}

/** The server's own way to HTTP, with nobody in front of it: it is itself the process under test. */
export async function startOwnHttp(rig: Rig): Promise<Peer> {
  const port = await freePort()
  const env = { PORT: String(port) }
  // It prints a line for every request.
  const child = rig.adopt(startProgram(PEER_CORE, everythingServer('streamableHttp'), { env, stdout: 'ignore' }))
  await untilAnswers(child, port)
  const keys = await rig.writeKeys('own-http.key', ['nobody-reads-this-key'])
  return { name: 'own-http', target: { port, path: '/mcp', keys }, pid: child.pid }
}
