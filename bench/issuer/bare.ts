/**
 * The engine by itself, everything in memory: what our storage, our edge and the grace for lost answers cost on top.
 *
 *   node bench/issuer/bare.ts PORT GRANTS CHAINS
 *
 * Prints what `ours.ts` prints.
 */
import { generateKeyPairSync } from 'node:crypto'
import { createServer } from 'node:http'
import Provider, { type AdapterPayload, errors } from 'oidc-provider'
import { RESOURCE, SCOPES, seeds } from './seed.ts'

const [port = '', grants = '', chains = ''] = process.argv.slice(2)
const CLIENT = 'client.bench'
const redirectUri = 'https://client.example/callback'
const kept = new Map<string, AdapterPayload>()

/** The quickest store there can be that spends once. */
const adapter = (model: string) => ({
  async upsert(id: string, payload: AdapterPayload) {
    kept.set(`${model} ${id}`, payload)
  },
  find: async (id: string) => kept.get(`${model} ${id}`),
  async consume(id: string) {
    const payload = kept.get(`${model} ${id}`)
    if (payload === undefined || payload.consumed) throw new errors.InvalidGrant('it was used before')
    payload.consumed = true
  },
  async destroy(id: string) {
    kept.delete(`${model} ${id}`)
  },
  findByUid: async () => undefined,
  findByUserCode: async () => undefined,
  revokeByGrantId: async () => {},
})

const paths = { authorize: '/oauth/authorize', token: '/oauth/token' }
const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const provider = new Provider(`http://127.0.0.1:${port}`, {
  adapter,
  jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), kid: 'k', alg: 'ES256', use: 'sig' } as never] },
  routes: { token: paths.token, authorization: paths.authorize },
  pkce: { required: () => true },
  scopes: ['offline_access', ...SCOPES],
  responseTypes: ['code'],
  clients: [
    {
      client_id: CLIENT,
      redirect_uris: [redirectUri],
      token_endpoint_auth_method: 'none',
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      id_token_signed_response_alg: 'ES256',
    },
  ],
  findAccount: async (_, id) => ({ accountId: id, claims: async () => ({ sub: id }) }),
  rotateRefreshToken: true,
  issueRefreshToken: async () => true,
  expiresWithSession: () => false,
  ttl: { AccessToken: () => 900, RefreshToken: 7 * 86_400, Grant: 90 * 86_400 },
  features: {
    devInteractions: { enabled: false },
    resourceIndicators: {
      enabled: true,
      useGrantedResource: () => true,
      getResourceServerInfo: (_, uri) => ({
        scope: SCOPES.join(' '),
        audience: uri,
        accessTokenFormat: 'jwt',
        jwt: { sign: { alg: 'ES256' } },
      }),
    },
  },
})

const tokens: string[] = []
const sessionId = 'session'
for (const { model, id, grantId, payload } of seeds(Number(grants), 'ada', CLIENT)) {
  kept.set(`${model} ${id}`, { ...payload } as AdapterPayload)
  if (model === 'RefreshToken' && tokens.length < Number(chains)) tokens.push(id)
  const authorizations = { [CLIENT]: { grantId, persistsLogout: true } }
  const session = { kind: 'Session', uid: 'uid', accountId: 'ada', authorizations, loginTs: Number(payload.iat) }
  kept.set(`Session ${sessionId}`, { ...session, jti: sessionId, exp: Number(payload.exp) } as AdapterPayload)
}
const scope = SCOPES.join(' ')
const cookie = `_session=${sessionId}`
const said = { clientId: CLIENT, redirectUri, paths, cookie, scope, resource: RESOURCE, tokens, parts: 3 }
createServer(provider.callback()).listen({ port: Number(port), host: '127.0.0.1' }, () => {
  process.stdout.write(`${JSON.stringify(said)}\n`)
})
