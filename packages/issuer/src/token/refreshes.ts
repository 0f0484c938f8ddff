import { errorReply, type Reply } from '@portcullis/auth/http'
import { type Allowance, Meters } from '../limits/index.ts'
import type { Vault } from '../vault/index.ts'
import { GRACE_SECONDS, type Redeemer } from './redeem.ts'

/** How often one grant may be refreshed: a client needs that a few times an hour, and several programs may share one. */
const REFRESHES: Allowance = { minute: 240, hour: 1200 }

export interface RefreshNeeds {
  readonly vault: Vault
  /** Default: 240 a minute, 1 200 an hour. */
  readonly allowance?: Allowance | undefined
  /** Current time, seconds since the epoch. */
  readonly now: () => number
}

/**
 * Bounds how many refreshes of one grant succeed: each signs and writes, and leaves a token behind that is spent. Counted
 * by grant, so that nobody waits for another. A token that was spent a while ago goes on: who brings it has to be seen.
 */
export function boundRefreshes(redeem: Redeemer, { vault, allowance = REFRESHES, now }: RefreshNeeds): Redeemer {
  const meters = new Meters(allowance)
  const grantOf = async (form: URLSearchParams): Promise<string | undefined> => {
    const token = form.get('refresh_token')
    if (token === null || form.get('grant_type') !== 'refresh_token') return undefined
    const { consumedAt, grantId } = (await vault.find('RefreshToken', token, now())) ?? {}
    return consumedAt === undefined || now() - consumedAt <= GRACE_SECONDS ? grantId : undefined
  }
  return async (request, form) => {
    const grantId = await grantOf(form)
    if (grantId === undefined) return redeem(request, form)
    const wait = meters.wait(grantId, now())
    if (wait > 0) return tooOften(wait)
    const reply = await redeem(request, form)
    if (reply.status === 200) meters.count(grantId, now())
    return reply
  }
}

/** Not `invalid_grant`, nor a word that clients do not know: they take either for the end of what they have. */
function tooOften(seconds: number): Reply {
  return errorReply(429, 'temporarily_unavailable', 'This grant is refreshed too often.', [
    ...['retry-after', String(seconds)],
  ])
}
