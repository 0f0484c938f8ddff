/**
 * The way people guard an MCP server today: Express 5, the official SDK's `requireBearerAuth`, an ES256 access token
 * verified with `jose` on every call, and `http-proxy-middleware` with kept connections to the upstream.
 *
 *   node bench/peers/express-sdk.ts PORT UPSTREAM_PORT ISSUER AUDIENCE JWKS_FILE
 */
import { readFileSync } from 'node:fs'
import { Agent, type RequestListener } from 'node:http'
import { createRequire } from 'node:module'
import { InvalidTokenError } from '@modelcontextprotocol/sdk/server/auth/errors.js'
import { requireBearerAuth } from '@modelcontextprotocol/sdk/server/auth/middleware/bearerAuth.js'
import { createProxyMiddleware } from 'http-proxy-middleware'
import { createLocalJWKSet, jwtVerify } from 'jose'

/** As much of Express as is used here: it brings no types of its own. */
type Express = () => RequestListener & {
  use(path: string, ...handlers: unknown[]): void
  listen(port: number, host: string): unknown
}
const express = createRequire(import.meta.url)('express') as Express

const [port, upstream, issuer = '', audience = '', jwksFile = ''] = process.argv.slice(2)
const jwks = createLocalJWKSet(JSON.parse(readFileSync(jwksFile, 'utf8')))

const guard = requireBearerAuth({
  verifier: {
    async verifyAccessToken(token) {
      const { payload } = await jwtVerify(token, jwks, { issuer, audience, algorithms: ['ES256'] }).catch(() => {
        throw new InvalidTokenError('The token is not valid.')
      })
      const { client_id: clientId, scope, exp } = payload
      if (typeof clientId !== 'string' || typeof scope !== 'string' || exp === undefined) {
        throw new InvalidTokenError('The token is not an access token.')
      }
      return { token, clientId, scopes: scope.split(' '), expiresAt: exp }
    },
  },
  requiredScopes: ['mcp:write'],
})

const proxy = createProxyMiddleware({
  target: `http://127.0.0.1:${upstream}/mcp`,
  agent: new Agent({ keepAlive: true, maxSockets: 256 }),
})

const app = express()
app.use('/mcp', guard, proxy)
app.listen(Number(port), '127.0.0.1')
