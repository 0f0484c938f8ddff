import type { Guard, Principal } from '@portcullis/auth/guard'
import type { TaskLedger } from '@portcullis/auth/policy'
import type { Log } from '../log/index.ts'
import type { Recorder } from '../record/index.ts'
import type { Sessions } from '../sessions/index.ts'
import type { Lasting } from './lasting.ts'
import type { Lobby } from './lobby.ts'
import type { Standing } from './standing.ts'
import type { TurnedAway } from './turned-away.ts'
import type { Unchecked } from './unchecked.ts'

/** What the way of a request needs of the house. One for all servers. */
export interface ProxyOptions {
  readonly guard: Guard
  readonly sessions: Sessions
  readonly lobby: Lobby
  readonly tasks: TaskLedger
  readonly standing: Standing
  readonly recorder: Recorder
  readonly limits: { readonly bodyBytes: number; readonly eventBytes: number }
  /** Told whose call was answered that it needs more scope. */
  readonly onScopeDenied: (principal: Principal) => void
  readonly log: Log
}

/** The same, and what the way of requests keeps for itself. */
export interface RunningProxy extends ProxyOptions {
  readonly unchecked: Unchecked
  readonly turnedAway: TurnedAway
  readonly lasting: Lasting
}
