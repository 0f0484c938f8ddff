import { errorReply, type Reply } from '@portcullis/auth/http'
import { type Engine, engineRequest, type Resource } from '../engine/index.ts'
import type { Line } from '../limits/index.ts'
import { type AnswerMarks, BUSY_PAGE, GONE, isEmbedded, only, type Visit } from '../web/index.ts'
import { pickKnown, settleAuthorization } from './authorize.ts'
import { MAX_PARAMETERS, MAX_QUERY, refuseTooMuch } from './bounds.ts'
import { waitInLine } from './in-line.ts'
import { answerOf, barePage, faultPage, leavePage, valuesOf, waitPage } from './pages.ts'
import type { Turn, Turns } from './turns.ts'

const UNSUPPORTED = JSON.stringify({ error: 'unsupported_response_mode' })
const WRONG_METHOD = errorReply(405, 'invalid_request', 'Authorization is asked for by GET or POST.', [
  ...['allow', 'GET, POST'],
])
const NOT_LED_BACK = errorReply(405, 'invalid_request', 'People come back here by GET.', ['allow', 'GET'])
const EMBEDDED = errorReply(400, 'invalid_request', 'Authorization is asked for by leading a person here.')
/** The most bytes of `state`: it is kept, and goes back in a URL. */
const MAX_STATE = 2048

export interface AuthorizationNeeds {
  readonly engine: Engine
  readonly resources: readonly Resource[]
  readonly turns: Turns
  readonly answers: AnswerMarks
  /** Where those wait who ask the engine. */
  readonly line: Line
  /** Told whose session has ended because somebody else signed in at their browser. */
  readonly onSignedOut: (accountId: string) => void
}

/**
 * The authorization endpoint, and where a person comes back to it from our pages. Browsers stand before it, so what fails
 * is a page, and no error leads to a client on its own unless the operator made that client or the person has been asked.
 */
export function authorizationEndpoint(needs: AuthorizationNeeds) {
  const { engine, resources, turns, line } = needs
  const { routes } = engine
  const inLine = async (visit: Visit, { who }: Turn, work: () => Promise<Reply>): Promise<Reply> =>
    (await waitInLine(line, visit, who, work)) ?? BUSY_PAGE
  return async (visit: Visit): Promise<Reply> => {
    // Counted nowhere: any page can have its readers' browsers ask, as often as it likes.
    if (isEmbedded(visit)) return EMBEDDED
    if (visit.path !== routes.authorization) {
      // At once: what comes to nothing takes no place from those who wait.
      if (visit.method !== 'GET' && visit.method !== 'HEAD') return NOT_LED_BACK
      const turn = await turns.take(visit)
      if (turn.wait > 0) return waitPage(turn.wait)
      return inLine(visit, turn, () => goOn(visit, needs))
    }
    if (visit.method !== 'GET' && visit.method !== 'POST') return WRONG_METHOD
    const [said, length] =
      visit.method === 'POST' ? [visit.form, visit.body.length] : [visit.query, visit.search.length]
    const states = said.getAll('state')
    if (said.size > MAX_PARAMETERS || length > MAX_QUERY || states.some((state) => state.length > MAX_STATE))
      return refuseTooMuch(true)
    const turn = await turns.take(visit)
    if (turn.wait > 0) return waitPage(turn.wait)
    const asked = settleAuthorization(pickKnown(said), resources)
    // Other modes answer by a script or out of the server's sight; then nothing here could hold back an error.
    if (asked.has('response_mode') && only(asked, 'response_mode') !== 'query') {
      return faultPage({ status: 400, headers: [], body: UNSUPPORTED })
    }
    const request = engineRequest({ ...visit, method: 'GET', search: asked.toString(), body: Buffer.alloc(0) })
    const clientId = only(asked, 'client_id') ?? ''
    return inLine(visit, turn, async () => first(await engine.call(request), clientId, engine))
  }
}

/** Lets nobody go on with what was answered in another browser. Who has signed in goes on as themselves, whoever was before. */
async function goOn(visit: Visit, { engine, answers, onSignedOut }: AuthorizationNeeds): Promise<Reply> {
  const request = engineRequest({ ...visit, search: '' })
  const answered = await engine.answered(request)
  if (answered === undefined || !answers.isOf(visit, answered.uid, answered.answeredBy)) return GONE
  const { uid, replaces } = answered
  // Another person may have signed in in another tab meanwhile. The engine would show a page for signing them out first,
  // which does not exist here; and what waits for them ends with their session, so that nobody answers it in their place.
  const resumed = replaces === undefined ? request : await engine.sessions.leave(request)
  if (replaces?.accountId !== undefined) onSignedOut(replaces.accountId)
  const reply = await back(await engine.call(resumed), visit, engine)
  return { ...reply, headers: [...reply.headers, 'set-cookie', answers.end(uid)] }
}

/** The answer to a request as it came from the client: nobody has been asked anything yet. */
async function first(reply: Reply, clientId: string, engine: Engine): Promise<Reply> {
  const location = failureAt(reply)
  if (location === undefined && reply.status >= 400)
    return clientId === '' ? barePage(reply) : faultPage(reply, clientId)
  if (location === undefined) return reply
  return (await engine.originOf(clientId)) === 'created' ? reply : leavePage(location, reply)
}

/**
 * The answer after one of our pages. Who was asked for consent has seen where it leads; who left before that, or is not
 * signed in, sees it first.
 */
async function back(reply: Reply, visit: Visit, engine: Engine): Promise<Reply> {
  const location = failureAt(reply)
  if (location === undefined) return reply.status >= 400 ? faultPage(reply) : reply
  if (only(visit.query, 'asked') !== 'consent') return leavePage(location, reply)
  const session = await engine.sessions.find(engineRequest(visit))
  return session === undefined ? leavePage(location, reply) : reply
}

/** Where a failed authorization leads to, when it leads to a client. */
function failureAt({ status, headers }: Reply): string | undefined {
  const [location] = valuesOf(headers, 'location')
  if (status < 300 || status >= 400 || location === undefined || !URL.canParse(location)) return undefined
  return answerOf(location).has('error') ? location : undefined
}
