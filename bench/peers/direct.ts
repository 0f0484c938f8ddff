import type { StartPeer } from './peer.ts'

/** Nothing in between: what the load generator and the upstream reach alone, on the one core that they share. */
export const startDirect: StartPeer = async (rig) => ({
  name: 'direct',
  target: { port: rig.upstream.port, path: '/mcp', keys: await rig.writeKeys('direct.key', ['nobody-reads-this-key']) },
  pid: rig.upstream.pid,
})
