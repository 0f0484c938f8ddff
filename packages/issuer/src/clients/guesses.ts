import { errorReply, type Reply } from '@portcullis/auth/http'
import { Meter } from '../limits/index.ts'
import { type Handler, networkOf, only, type Visit } from '../web/index.ts'

/** In five minutes so many wrong secrets may come for one client from one network, and so many from one network. */
const WINDOW = 300
const PER_CLIENT = 20
const PER_NETWORK = 100
/** For how long a client that showed the right one is no stranger at a network, in seconds. */
const PROVEN = 86_400

export interface GuessNeeds {
  /** Where clients show their secrets. */
  readonly paths: readonly string[]
  /** Current time, seconds since the epoch. */
  readonly now: () => number
}

/**
 * Bounds how many wrong secrets of clients may be tried (requirements AS-65), in front of who checks them. Counted by
 * network as well as by client, so that a stranger's guesses do not shut the client itself out: not elsewhere, and not at
 * the stranger's own network, where it has shown the right one before. Right answers count for nothing, however many there
 * are.
 */
export function boundGuesses(handler: Handler, { paths, now }: GuessNeeds): Handler {
  const perClient = new Meter(PER_CLIENT, WINDOW)
  const perNetwork = new Meter(PER_NETWORK, WINDOW)
  const proven = new Meter(1, PROVEN)
  return async (visit) => {
    if (visit.method !== 'POST' || !paths.includes(visit.path)) return handler(visit)
    const clientId = clientWithSecret(visit)
    if (clientId === undefined) return handler(visit)
    const network = networkOf(visit.peer)
    const key = `${network} ${clientId}`
    const isProven = proven.wait(key, now()) > 0
    const wait = isProven ? 0 : perClient.wait(key, now()) || perNetwork.wait(network, now())
    if (wait > 0) return tooMany(wait)
    const reply = await handler(visit)
    if (reply?.status === 401) {
      perClient.take(key, now())
      perNetwork.take(network, now())
    } else if (reply?.status === 200) proven.take(key, now())
    return reply
  }
}

/** Whose secret or assertion comes along; a public client shows none. Cut, for it is a key of what is remembered. */
function clientWithSecret({ form, headers }: Visit): string | undefined {
  const isShown = form.has('client_secret') || form.has('client_assertion')
  const [, basic] = /^basic +(\S+)$/i.exec(headers.authorization ?? '') ?? []
  if (!isShown && basic === undefined) return undefined
  const named = basic === undefined ? undefined : Buffer.from(basic, 'base64').toString('utf8').split(':')[0]
  return (decoded(named) ?? only(form, 'client_id') ?? '').slice(0, 200)
}

/** As who checks it decodes it (RFC 6749 §2.3.1): else one client would have as many names here as there are spellings. */
function decoded(named: string | undefined): string | undefined {
  try {
    return named === undefined ? undefined : decodeURIComponent(named.replace(/\+/g, ' '))
  } catch {
    return named
  }
}

/** Not `invalid_client`, which clients take for the end of their registration. */
function tooMany(seconds: number): Reply {
  return errorReply(429, 'temporarily_unavailable', 'Too many wrong secrets.', ['retry-after', String(seconds)])
}
