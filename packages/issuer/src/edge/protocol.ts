import { errorReply, type Reply } from '@portcullis/auth/http'
import { type EngineRequest, engineRequest } from '../engine/index.ts'
import { BUSY, type Handler, networksOf, type Visit } from '../web/index.ts'
import { type AuthorizationNeeds, authorizationEndpoint } from './authorization.ts'
import { settleResources } from './authorize.ts'
import { MAX_PARAMETERS, refuseTooMuch } from './bounds.ts'
import { challengeBasic, secretInForm } from './client-secret.ts'

const WRONG_METHOD = errorReply(405, 'invalid_request', 'Requests are sent by POST.', ['allow', 'POST'])

/** Answers requests to the token endpoint. @param form What the body holds. */
export type Redeem = (request: EngineRequest, form: URLSearchParams) => Promise<Reply>

export interface ProtocolNeeds extends AuthorizationNeeds {
  readonly redeem: Redeem
}

/** The endpoints of the protocol: mends what clients leave out, and asks the engine when it is their turn. */
export function protocolEndpoints(needs: ProtocolNeeds): Handler {
  const { engine, resources, redeem, line } = needs
  const { routes } = engine
  const isOurs = (path: string) =>
    Object.values<string>(routes).includes(path) || path.startsWith(`${routes.authorization}/`)
  const posted: readonly string[] = [routes.token, routes.revocation, routes.introspection]
  const authorize = authorizationEndpoint(needs)
  const ask = (visit: Visit): Promise<Reply> => {
    if (visit.path !== routes.token || visit.method !== 'POST') return engine.call(forPrograms(visit))
    settleResources(visit.form, resources)
    return redeem(forPrograms({ ...visit, body: Buffer.from(visit.form.toString()) }), visit.form)
  }
  return (visit) => {
    if (!isOurs(visit.path)) return undefined
    if (visit.path.startsWith(routes.authorization)) return authorize(visit)
    // At once: what comes to nothing takes no place from those who wait.
    if (visit.method !== 'POST' && posted.includes(visit.path)) return WRONG_METHOD
    if (visit.form.size > MAX_PARAMETERS) return refuseTooMuch(false)
    const taken = secretInForm(visit)
    if ('status' in taken) return taken
    const asked = line.run('program', networksOf(visit.peer).at(-1) ?? '', () => ask(taken)) ?? BUSY
    return taken === visit || !(asked instanceof Promise) ? asked : asked.then(challengeBasic)
  }
}

/** What is for programs is answered in JSON, whatever the caller accepts. */
function forPrograms(visit: Visit): EngineRequest {
  return engineRequest({ ...visit, headers: { ...visit.headers, accept: 'application/json' } })
}
