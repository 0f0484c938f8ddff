import { errorReply, type Reply } from '@portcullis/auth/http'
import { type Clients, SAFE_SECONDS } from '../clients/index.ts'
import { type Line, Meter } from '../limits/index.ts'
import { BUSY, type Handler, networksOf, type Visit } from '../web/index.ts'
import type { Invitations } from './invitations.ts'
import type { Refusals } from './refusals.ts'
import { type RequestRules, readRegistration } from './request.ts'

/** How many registrations a network may ask for in an hour, good and bad ones alike. */
const PER_NETWORK = 20
/** And all networks of a site (IPv6 /48) together. */
const PER_SITE = 60
const HOUR = 3600
/** The most bytes of a registration. */
const MAX_BODY = 16 * 1024
/** When someone who came while too many clients waited may try again: by then one may have to make way. */
const FULL_WAIT = SAFE_SECONDS

export interface RegistrationNeeds extends RequestRules {
  readonly path: string
  /** The issuer's own; pages of any other are counted apart. */
  readonly origin: string
  readonly clients: Clients
  /** Where only those may register who have one; absent: anyone. */
  readonly invitations?: Invitations | undefined
  readonly refusals: Refusals
  /** Where those wait whom the meters let pass. */
  readonly line: Line
  /** Current time, seconds since the epoch. */
  readonly now: () => number
}

/** The registration endpoint (RFC 7591 §3). */
export function registrationEndpoint(needs: RegistrationNeeds): Handler {
  const { path, origin, now, refusals, line } = needs
  const perNetwork = new Meter(PER_NETWORK, HOUR)
  const perSite = new Meter(PER_SITE, HOUR)
  return async (visit) => {
    if (visit.path !== path) return undefined
    if (visit.method !== 'POST')
      return errorReply(405, 'invalid_request', 'Registrations are sent by POST.', ['allow', 'POST'])
    const networks = networksOf(visit.peer)
    const [network] = networks
    const site = networks.at(-1) ?? network
    // Any page can have its readers' browsers ask, and must not use up what programs of theirs have.
    const asker = visit.headers.origin === undefined || visit.headers.origin === origin ? '' : 'page '
    const wait = perSite.wait(`${asker}${site}`, now()) || perNetwork.take(`${asker}${network}`, now())
    if (wait === 0) perSite.take(`${asker}${site}`, now())
    const registering = wait > 0 ? tooMany(wait) : line.run('stranger', site, () => register(visit, site, needs))
    if (registering === undefined) return BUSY
    const reply = await registering
    if (reply.status !== 201) refusals.note(reply.status, network, now())
    return reply
  }
}

async function register(visit: Visit, site: string, needs: RegistrationNeeds): Promise<Reply> {
  const { clients, invitations } = needs
  const token = /^bearer +([\x21-\x7e]+)$/i.exec(visit.headers.authorization ?? '')?.[1] ?? ''
  if (invitations !== undefined && !(await invitations.isGood(token))) return notInvited(token)
  const said = readBody(visit)
  if (typeof said === 'string') return errorReply(400, 'invalid_client_metadata', said)
  const asked = readRegistration(said, needs)
  if (asked.kind === 'refused') return errorReply(400, asked.error, asked.description)
  // Only now, so that a mistake in the request costs nobody their token; of several who bring one, one gets on.
  if (invitations !== undefined && !(await invitations.take(token))) return notInvited(token)
  const registered = await clients.register(asked.metadata, site)
  if (registered === undefined) {
    return errorReply(503, 'temporarily_unavailable', 'Too many clients wait to be used.', after(FULL_WAIT))
  }
  return {
    status: 201,
    headers: ['content-type', 'application/json', 'cache-control', 'no-store', 'pragma', 'no-cache'],
    body: JSON.stringify(registered),
  }
}

function readBody({ headers, body }: Visit): Readonly<Record<string, unknown>> | string {
  const type = (headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase()
  if (type !== 'application/json') return 'The body must be application/json.'
  if (body.length > MAX_BODY) return `The body must not be longer than ${MAX_BODY} bytes.`
  try {
    const value: unknown = JSON.parse(body.toString('utf8'))
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value }
  } catch {
    // Said below.
  }
  return 'The body must be a JSON object.'
}

function tooMany(seconds: number): Reply {
  return errorReply(429, 'temporarily_unavailable', 'Too many registrations from your network.', after(seconds))
}

/** No error code where no token came (RFC 6750 §3.1). */
function notInvited(token: string): Reply {
  const challenge = token === '' ? 'Bearer' : 'Bearer error="invalid_token"'
  return errorReply(401, 'invalid_token', 'An initial access token is needed, and it works once.', [
    ...['www-authenticate', challenge],
  ])
}

function after(seconds: number): readonly string[] {
  return ['retry-after', String(seconds)]
}
