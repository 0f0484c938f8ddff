import { networkOf } from '../events/index.ts'
import { type Principal, principalKey } from '../guard/index.ts'
import type { Limits, LimitVerdict } from '../limits/index.ts'
import type { Incoming } from '../protocol/index.ts'
import type { Coming } from './coming.ts'
import type { Settled } from './options.ts'
import { wordsOf } from './warnings.ts'

/**
 * Asked last: what is not permitted takes nothing.
 * @returns `silent` where the limiter does not answer.
 */
export async function withinLimits(
  { principal, peer }: Pick<Coming, 'principal' | 'peer'>,
  { messages }: Incoming,
  limits: Limits,
  { server, clock, onWarning }: Settled,
): Promise<LimitVerdict | 'silent'> {
  const requests = messages.filter((message) => message.kind === 'request')
  const tools = requests.flatMap(({ method, name }) => (method === 'tools/call' && name !== undefined ? [name] : []))
  try {
    const asked = { server: server.name, principal: whoseLimit(principal, peer), tools, requests: requests.length }
    const verdict = await limits.take(asked, clock())
    if (typeof verdict?.allowed !== 'boolean') throw new TypeError('limits give no verdict')
    return verdict
  } catch (error) {
    onWarning(`limits cannot be held: ${wordsOf(error)}`)
    return 'silent'
  }
}

/** A person is one, by however many clients; of callers without a credential nothing tells one from another but where they are. */
function whoseLimit(principal: Principal, peer: string): string {
  const { subject } = principal
  const who = principalKey({ ...principal, clientId: subject })
  return principal.kind === 'anonymous' ? `${who} ${networkOf(peer) ?? peer}` : who
}
