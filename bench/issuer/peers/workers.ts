/**
 * workers-oauth-provider outside of Workers: the module it imports there is stood in for, and its key-value store is in
 * memory, where nothing outlives the process. It has no sign-in and no consent of its own; a cookie stands for both.
 *
 *   node bench/issuer/peers/workers.ts PORT CHAINS
 *
 * Prints what `ours.ts` prints.
 */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { registerHooks } from 'node:module'
import { tokensOf } from '../flow.ts'
import { RESOURCE, SCOPES } from '../seed.ts'

const RUNTIME = 'cloudflare:workers'
const STAND_IN = 'data:text/javascript,export class WorkerEntrypoint {}'
registerHooks({
  resolve: (name, context, next) =>
    name === RUNTIME ? { url: STAND_IN, format: 'module', shortCircuit: true } : next(name, context),
})
const { OAuthAuthorizationServer } = await import('@cloudflare/workers-oauth-provider')

const [port = '', chains = ''] = process.argv.slice(2)
const origin = `http://127.0.0.1:${port}`
const redirectUri = 'https://client.example/callback'
const cookie = 'session=ada'
const kept = new Map<string, string>()
const OAUTH_KV = {
  async get(key: string, how?: { readonly type?: string }) {
    const value = kept.get(key)
    if (value === undefined) return null
    return how?.type === 'json' ? JSON.parse(value) : value
  },
  async put(key: string, value: string) {
    kept.set(key, value)
  },
  async delete(key: string) {
    kept.delete(key)
  },
  list: async ({ prefix = '' }) => ({
    keys: [...kept.keys()].filter((name) => name.startsWith(prefix)).map((name) => ({ name })),
    list_complete: true,
  }),
}
const env = { OAUTH_KV } as never
const context = { waitUntil() {}, passThroughOnException() {}, props: {} } as never
const authorizationServer = new OAuthAuthorizationServer({
  ...{ issuer: origin, resources: [RESOURCE], scopesSupported: ['offline_access', ...SCOPES] },
  ...{ accessTokenTTL: 900, authorizeEndpoint: '/authorize', tokenEndpoint: '/oauth/token' },
} as never)
const helpers = authorizationServer.getOAuthApi(env)

async function authorize(request: Request): Promise<Response> {
  const asked = await helpers.parseAuthRequest(request)
  if (request.headers.get('cookie') !== cookie) return new Response('sign in', { status: 401 })
  const { redirectTo } = await helpers.completeAuthorization({
    ...{ request: asked, userId: 'ada', metadata: {}, scope: asked.scope, props: {}, revokeExistingGrants: false },
  })
  return new Response(null, { status: 302, headers: { location: redirectTo } })
}

async function handle(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk)
  const request = new Request(`${origin}${incoming.url}`, {
    method: incoming.method ?? 'GET',
    headers: Object.entries(incoming.headers).map(([name, value]): [string, string] => [name, String(value)]),
    ...(chunks.length === 0 ? {} : { body: Buffer.concat(chunks) }),
  })
  const isOurs = incoming.url?.startsWith('/authorize')
  const response = await (isOurs ? authorize(request) : authorizationServer.fetch(request, env, context))
  outgoing.writeHead(response.status, Object.fromEntries(response.headers)).end(await response.text())
}

const server = createServer((incoming, outgoing) => {
  handle(incoming, outgoing).catch((error: Error) => outgoing.writeHead(500).end(error.stack))
})
await once(server.listen({ port: Number(port), host: '127.0.0.1' }), 'listening')
const { clientId } = await helpers.createClient({
  ...{ clientName: 'A program', redirectUris: [redirectUri], tokenEndpointAuthMethod: 'none' },
  ...{ grantTypes: ['authorization_code', 'refresh_token'], responseTypes: ['code'] },
})
const paths = { authorize: '/authorize', token: '/oauth/token' }
const scope = ['offline_access', ...SCOPES].join(' ')
const said = { clientId, redirectUri, paths, cookie, scope, resource: RESOURCE, tokens: [], parts: 1 }
const tokens = await tokensOf(Number(port), said, Number(chains))
process.stdout.write(`${JSON.stringify({ ...said, tokens })}\n`)
