import { errorReply, type Reply } from '@portcullis/auth/http'
import type { Visit } from '../web/index.ts'

const BASIC = /^basic +([A-Za-z0-9+/]+={0,2}) *$/i
const CHALLENGE = ['www-authenticate', 'Basic realm="portcullis"'] as const
const MALFORMED = errorReply(401, 'invalid_client', 'The Authorization header cannot be read.', CHALLENGE)
const TWICE = errorReply(400, 'invalid_request', 'Authenticate the client in one way.')

/**
 * A client that shows its secret by HTTP Basic (RFC 6749 §2.3.1), as if it had done so in the form: both are offered, and a
 * client may use either, whichever it was made with. Ids and secrets of ours are written alike with and without form
 * encoding (requirements IT-15).
 * @returns the visit as it is to be taken, or why it cannot be.
 */
export function secretInForm(visit: Visit): Visit | Reply {
  const { authorization } = visit.headers
  if (authorization === undefined || !/^basic\b/i.test(authorization)) return visit
  const [, encoded] = BASIC.exec(authorization) ?? []
  const pair =
    encoded === undefined ? undefined : /^([^:]*):(.*)$/s.exec(Buffer.from(encoded, 'base64').toString('utf8'))
  if (pair == null) return MALFORMED
  const [id, secret] = [decoded(pair[1] as string), decoded(pair[2] as string)]
  if (id === undefined || secret === undefined) return MALFORMED
  const { form } = visit
  const isTwice = form.has('client_secret') || form.has('client_assertion')
  if (isTwice || form.getAll('client_id').some((named) => named !== id)) return TWICE
  const whole = new URLSearchParams(form)
  whole.set('client_id', id)
  whole.set('client_secret', secret)
  const { authorization: _, ...headers } = visit.headers
  return { ...visit, headers, form: whole, body: Buffer.from(whole.toString()) }
}

/** RFC 6749 §5.2: who came by the header is answered by one. */
export function challengeBasic(reply: Reply): Reply {
  return reply.status === 401 ? { ...reply, headers: [...reply.headers, ...CHALLENGE] } : reply
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replace(/\+/g, ' '))
  } catch {
    return undefined
  }
}
