import { type Engine, engineRequest, type Resource } from '../engine/index.ts'
import type { Handler } from '../web/index.ts'
import { settleAuthorization, settleResources } from './authorize.ts'

/** The endpoints of the protocol: mends what clients leave out, and asks the engine. */
export function protocolEndpoints(engine: Engine, resources: readonly Resource[]): Handler {
  const { routes } = engine
  const isOurs = (path: string) =>
    Object.values<string>(routes).includes(path) || path.startsWith(`${routes.authorization}/`)
  return (visit) => {
    if (!isOurs(visit.path)) return undefined
    if (visit.path === routes.authorization && visit.method === 'GET') {
      return engine.call(engineRequest({ ...visit, search: settleAuthorization(visit.query, resources).toString() }))
    }
    if (visit.path === routes.token && visit.method === 'POST') {
      settleResources(visit.form, resources)
      return engine.call(engineRequest({ ...visit, body: Buffer.from(visit.form.toString()) }))
    }
    return engine.call(engineRequest(visit))
  }
}
