/**
 * better-auth with its OAuth provider over a SQLite file.
 *
 *   node bench/issuer/peers/better-auth.ts PORT FILE CHAINS
 *
 * Prints what `ours.ts` prints. Its signing key is kept in clear, which is in its favour; there is one person, signed in,
 * whose consent is remembered.
 */
import { once } from 'node:events'
import { createServer } from 'node:http'
import { DatabaseSync } from 'node:sqlite'
import { oauthProvider } from '@better-auth/oauth-provider'
import { betterAuth } from 'better-auth'
import { getMigrations } from 'better-auth/db/migration'
import { toNodeHandler } from 'better-auth/node'
import { jwt } from 'better-auth/plugins'
import { tokensOf } from '../flow.ts'
import { RESOURCE, SCOPES } from '../seed.ts'

const [port = '', file = '', chains = ''] = process.argv.slice(2)
const origin = `http://127.0.0.1:${port}`
const redirectUri = 'https://client.example/callback'
const db = new DatabaseSync(file)
// As ours has it, and not its own default, which would wait for the disk with each write.
db.exec('pragma journal_mode = wal; pragma synchronous = normal')
const options = {
  ...{ baseURL: origin, secret: 'a secret of the benchmark, and of nobody else', database: db },
  ...{ emailAndPassword: { enabled: true }, rateLimit: { enabled: false }, telemetry: { enabled: false } },
  logger: { level: 'error' as const },
  plugins: [
    jwt({
      jwks: { keyPairConfig: { alg: 'ES256' }, disablePrivateKeyEncryption: true },
      disableSettingJwtHeader: true,
    }),
    oauthProvider({
      ...{ loginPage: '/login', consentPage: '/consent', scopes: ['openid', 'offline_access', ...SCOPES] },
      ...{ resources: [RESOURCE], enforcePerClientResources: false, accessTokenExpiresIn: 900 },
    }),
  ],
}
await (await getMigrations(options)).runMigrations()
const auth = betterAuth(options)
const server = createServer(toNodeHandler(auth))
await once(server.listen({ port: Number(port), host: '127.0.0.1' }), 'listening')

const post = (path: string, body: object, cookie = '') =>
  fetch(`${origin}/api/auth${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin, cookie },
    body: JSON.stringify(body),
  })
const signedUp = await post('/sign-up/email', {
  name: 'ada',
  email: 'ada@example.com',
  password: 'correct horse battery',
})
const cookie = signedUp.headers
  .getSetCookie()
  .map((line) => line.split(';')[0])
  .join('; ')
const created = await auth.api.adminCreateOAuthClient({
  headers: new Headers({ cookie, origin }),
  body: {
    ...{ client_name: 'A program', redirect_uris: [redirectUri], token_endpoint_auth_method: 'none' },
    ...{ grant_types: ['authorization_code', 'refresh_token'], response_types: ['code'], application_type: 'web' },
  },
} as never)
const { client_id: clientId } = created as { client_id: string }

const scope = ['offline_access', ...SCOPES].join(' ')
const paths = { authorize: '/api/auth/oauth2/authorize', token: '/api/auth/oauth2/token' }
const challenge = { code_challenge: 'x'.repeat(43), code_challenge_method: 'S256', state: 'once' }
const asked = { client_id: clientId, redirect_uri: redirectUri, response_type: 'code', scope, resource: RESOURCE }
const query = new URLSearchParams({ ...asked, ...challenge })
const asks = await fetch(`${origin}${paths.authorize}?${query}`, { headers: { cookie } })
const page = new URL(((await asks.json()) as { readonly url: string }).url, origin)
if (page.pathname !== '/consent') throw new Error(`no consent asked: ${page.href}`)
const consented = await post('/oauth2/consent', { accept: true, oauth_query: page.search.slice(1) }, cookie)
if (!consented.ok) throw new Error(await consented.text())

const said = { clientId, redirectUri, paths, cookie, scope, resource: RESOURCE, tokens: [], parts: 3 }
const tokens = await tokensOf(Number(port), said, Number(chains))
process.stdout.write(`${JSON.stringify({ ...said, tokens })}\n`)
