import { errorReply, type Reply } from '@portcullis/auth/http'
import { type Engine, type EngineRequest, Redemption } from '../engine/index.ts'
import type { OnIssuerEvent } from '../events.ts'
import type { Vault } from '../vault/index.ts'
import { type Keepsakes, sameRequest } from './keepsake.ts'
import type { StepUps } from './step-ups.ts'

export interface RedeemNeeds {
  readonly engine: Pick<Engine, 'call'>
  readonly vault: Vault
  readonly keepsakes: Keepsakes
  readonly stepUps: StepUps
  readonly now: () => number
  readonly onEvent: OnIssuerEvent
}

/** Answers a request to the token endpoint. @param form What its body holds. */
export type Redeemer = (request: EngineRequest, form: URLSearchParams) => Promise<Reply>

/**
 * For how long a refresh token that was spent may be presented again by the same public client, in seconds: programs
 * refresh from several places at once, and answers get lost on the way.
 */
export const GRACE_SECONDS = 10

/** One answer for all that is wrong with a code or a refresh token. */
const REFUSED = 'grant request is invalid'
/** As the engine says it. */
const WRONG_TARGET = 'resource indicator is missing, or unknown'

/**
 * Redeems codes and refresh tokens. The engine checks and signs; then what was presented is spent and what is issued is
 * kept, in one step. Where that comes too late, another request has been given an answer: the same client gets it, too.
 */
export function redeemer(needs: RedeemNeeds): Redeemer {
  return async (request, form) => {
    if (await hasToAsk(form, needs)) return ASK
    const redemption = new Redemption(isPublic(request, form) ? GRACE_SECONDS : 0)
    const reply = await needs.engine.call(await withRedirect(request, form, needs), redemption)
    const { spent, entries, graceSeconds, replayed } = redemption
    if (replayed !== undefined && redemption.hasEnded) tellOfReplay(replayed, form, needs)
    if (redemption.isRepeatable) return repeat(reply, form, needs)
    if (reply.status !== 200 || spent === undefined) return reply
    const isRefresh = spent.model === 'RefreshToken' && graceSeconds > 0
    const answer = isRefresh ? needs.keepsakes.seal(spent.id, sameRequest(form), reply.body) : undefined
    const spending = await needs.vault.exchange(spent, entries, needs.now(), answer)
    if (spending === 'spent') return reply
    const refusal = refused(reply)
    return spending === 'replayed' && isRefresh ? repeat(refusal, form, needs) : refusal
  }
}

/** A word of OpenID Connect Core §3.1.2.6, which clients take for: let the person sign in. */
const ASK = errorReply(400, 'interaction_required', 'The last call needs more scope: ask the person for it.')

/** Whether a client refreshes where it should ask for more scope. */
async function hasToAsk(form: URLSearchParams, { stepUps, vault, now }: RedeemNeeds): Promise<boolean> {
  const token = form.get('refresh_token')
  if (stepUps.isIdle || token === null || form.get('grant_type') !== 'refresh_token') return false
  const kept = await vault.find('RefreshToken', token, now())
  // Only who holds the grant's own, unused token: nobody else can use the denial up.
  const isOwn = kept?.consumedAt === undefined && kept?.clientId === form.get('client_id')
  return isOwn && kept?.grantId !== undefined && stepUps.take(kept.grantId)
}

/** Whether the client proves nothing: it names itself and has no secret, or the engine refuses it anyway. */
function isPublic({ headers }: EngineRequest, form: URLSearchParams): boolean {
  return headers.authorization === undefined && !form.has('client_secret') && !form.has('client_assertion')
}

/** The answer that went to a request like this one, or the refusal. */
async function repeat(
  refusal: Reply,
  form: URLSearchParams,
  { keepsakes, vault, now, onEvent }: RedeemNeeds,
): Promise<Reply> {
  const presented = form.get('refresh_token') ?? ''
  const found = await keepsakes.find(presented, sameRequest(form), now(), GRACE_SECONDS)
  if (found === undefined) return (await isElsewhere(presented, form, vault, now())) ? wrongTarget(refusal) : refusal
  const { body, grantId } = found
  const clientId = form.get('client_id') ?? ''
  onEvent({ type: 'refresh.repeated', actor: 'client', clientId, ...(grantId === undefined ? {} : { grantId }) })
  return { status: 200, headers: refusal.headers, body }
}

/**
 * Whether a resource is asked for that the token is not for. The engine says so of a token that is not spent; said of one
 * that was spent just now, too, it tells a thief nothing about which of both it is.
 */
async function isElsewhere(token: string, form: URLSearchParams, vault: Vault, now: number): Promise<boolean> {
  const kept = await vault.find('RefreshToken', token, now)
  const granted = [kept?.payload.resource ?? []].flat()
  return kept !== undefined && form.getAll('resource').some((resource) => !granted.includes(resource))
}

function wrongTarget({ headers }: Reply): Reply {
  const { body } = errorReply(400, 'invalid_target', WRONG_TARGET)
  return { status: 400, headers, body }
}

function refused({ headers }: Reply): Reply {
  return { ...errorReply(400, 'invalid_grant', REFUSED), headers }
}

function tellOfReplay(
  { model, grantId }: NonNullable<Redemption['replayed']>,
  form: URLSearchParams,
  { onEvent }: RedeemNeeds,
): void {
  const clientId = form.get('client_id')
  onEvent({
    type: model === 'RefreshToken' ? 'refresh.reused' : 'code.replayed',
    actor: 'client',
    ...(grantId === undefined ? {} : { grantId }),
    ...(clientId === null ? {} : { clientId }),
  })
}

/** Clients of OAuth 2.1 leave the redirect URI out (requirements AS-77); the engine wants it. */
async function withRedirect(request: EngineRequest, form: URLSearchParams, needs: RedeemNeeds): Promise<EngineRequest> {
  const code = form.get('code')
  if (form.get('grant_type') !== 'authorization_code' || code === null || form.get('redirect_uri')) return request
  const kept = await needs.vault.find('AuthorizationCode', code, needs.now())
  if (kept === undefined) return request
  const whole = new URLSearchParams(form)
  whole.set('redirect_uri', String(kept.payload.redirectUri))
  return { ...request, body: whole.toString() }
}
