import type { Target } from '../load/job.ts'
import type { Rig } from '../rig.ts'

/** Something that forwards to the cheap upstream, up and answering. */
export interface Peer {
  readonly name: string
  readonly target: Target
  /** The process that does the work, for its CPU time and memory. */
  readonly pid: number
}

/** Why a peer is not there; it is left out, and said so. */
export interface Absent {
  readonly name: string
  readonly absent: string
}

export type StartPeer = (rig: Rig) => Promise<Peer | Absent>
