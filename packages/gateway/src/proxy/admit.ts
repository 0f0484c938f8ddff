import { principalKey, toReply, type Verdict } from '@portcullis/auth/guard'
import type { MaybePromise } from '@portcullis/auth/store'
import { type Fields, readFields } from './fields.ts'
import { type Admitted, ANSWERED, type Passage } from './passage.ts'
import * as replies from './replies.ts'

/**
 * Asks the guard who calls. The last step that a stranger can make us take: no body is read and no state kept.
 * Answers at once unless the store needs a promise.
 */
export function admit(passage: Passage): MaybePromise<Admitted | undefined> {
  const { server, secret, request } = passage.visit
  const { guard } = passage.proxy
  const fields = readFields(request, server.forwardFields)
  try {
    const verdict = secret === undefined ? guard.check(fields, server) : guard.checkSecretUrl(secret, fields, server)
    if (!(verdict instanceof Promise)) return heed(passage, fields, verdict)
    return verdict.then(
      (late) => heed(passage, fields, late),
      (error) => withoutVerdict(passage, error),
    )
  } catch (error) {
    return withoutVerdict(passage, error)
  }
}

function heed(passage: Passage, fields: Fields, verdict: Verdict): Admitted | undefined {
  if (verdict.kind === 'granted') {
    const { principal, access } = verdict
    return { fields, principal, access, principalKey: principalKey(principal) }
  }
  const { refusal } = verdict
  const { peer, server } = passage.visit
  const credentialId = 'credentialId' in refusal ? refusal.credentialId : undefined
  const because = 'because' in refusal ? refusal.because : undefined
  passage.proxy.recorder.refusal({ peer, reason: refusal.reason, because, server: server.name, credentialId })
  passage.proxy.turnedAway.tell(server.name, refusal, fields.header('authorization'))
  letGoIfCrowded(passage)
  passage.send(toReply(refusal, server))
  return ANSWERED
}

/** Whoever has shown no credential takes no room that others may need. */
function letGoIfCrowded({ visit }: Passage): void {
  if (visit.isCrowded) visit.response.shouldKeepAlive = false
}

/** Who cannot be checked does not come in. */
function withoutVerdict(passage: Passage, error: unknown): undefined {
  const { visit, proxy } = passage
  const reason = proxy.unchecked.tell(visit.server.name, error)
  proxy.recorder.refusal({ peer: visit.peer, reason, server: visit.server.name })
  letGoIfCrowded(passage)
  passage.send(replies.STORE_SILENT)
  return ANSWERED
}
