import type { Absent, Peer, StartPeer } from '../peers/index.ts'
import type { Result } from '../report/index.ts'
import type { Rig } from '../rig.ts'

export interface Effort {
  readonly rounds: number
  /** Length of one burst. */
  readonly seconds: number
  /** Length of what looks for slow growth. */
  readonly soakSeconds: number
  /** Tells a person what is going on. */
  readonly say: (line: string) => void
}

/** One set-up and all that is read off it. */
export interface Measurement {
  /** The results it brings; `--only` picks by these. */
  readonly ids: readonly string[]
  run(rig: Rig, effort: Effort): Promise<readonly Result[]>
}

/** As many connections as calls under way, in every closed loop. */
export const CONNECTIONS = 64

/** Starts all of them, one after the other; says which are left out. */
export async function startPeers(rig: Rig, starters: readonly StartPeer[], effort: Effort): Promise<Peer[]> {
  const peers: Peer[] = []
  for (const start of starters) {
    const peer: Peer | Absent = await start(rig)
    if ('absent' in peer) effort.say(`without ${peer.name}: ${peer.absent}`)
    else peers.push(peer)
  }
  return peers
}
