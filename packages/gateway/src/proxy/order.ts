import { idOf } from '@portcullis/auth/protocol'
import { admit } from './admit.ts'
import { readRequest } from './arrive.ts'
import { bindSession } from './bind-session.ts'
import { decide } from './decide.ts'
import { unrecordedReply } from './failures.ts'
import { forward } from './forward.ts'
import type { RunningProxy } from './options.ts'
import { Passage, type Visit } from './passage.ts'
import { agreesWithHeaders, isAskedFor } from './validate.ts'

/** A credential that was looked at this long ago is looked at anew, in milliseconds. */
const LONG_MS = 200

/**
 * The order of work on a request whose server is known. Each step hands on what it found, or has answered.
 *
 * Nothing of the body is read before the caller is known; nothing reaches the upstream before the intent is on
 * record; the last byte of the answer leaves after the outcome is.
 */
export async function pass(visit: Visit, proxy: RunningProxy): Promise<void> {
  const passage = new Passage(visit, proxy)

  // credential → principal
  const admission = admit(passage)
  const admitted = admission instanceof Promise ? await admission : admission
  if (admitted === undefined) return

  // parse (bounded) → era
  const arrival = readRequest(passage, admitted)
  const arrived = arrival instanceof Promise ? await arrival : arrival
  if (arrived === undefined) return

  // A body may be long on its way: a key that ended meanwhile opens nothing.
  if (passage.elapsed() > LONG_MS) {
    const again = admit(passage)
    if ((again instanceof Promise ? await again : again) === undefined) return
  }

  // session (legacy)
  const binding = bindSession(passage, arrived)
  const bound = binding instanceof Promise ? await binding : binding
  if (bound === undefined) return

  // header and body checks
  if (!agreesWithHeaders(passage, bound) || !isAskedFor(passage, bound)) return

  // decision
  const decision = decide(passage, bound)
  if (decision === undefined) return

  // intent recorded → upstream → outcome recorded → last byte of the answer
  const id = proxy.recorder.newId(passage.startedAt)
  proxy.recorder.intent(passage.intent(id, bound, 'allowed'), (error) =>
    passage.safely(() => {
      if (error === undefined) forward(passage, bound, decision, id)
      else passage.send(unrecordedReply(idOf(bound.incoming)))
    }),
  )
}
