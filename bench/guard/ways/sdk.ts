/**
 * `requireBearerAuth` of the official SDK, version 2, in its form for `fetch` hosts, with a verifier that asks `jose`:
 * what its documentation shows. The key set is there from the start; nothing is fetched.
 *
 *   node bench/guard/ways/sdk.ts MATERIAL_FILE TOKENS_FILE
 */
import { OAuthError, OAuthErrorCode, requireBearerAuth } from '@modelcontextprotocol/server'
import { createLocalJWKSet, type JWK, jwtVerify } from 'jose'
import { serveChecks } from '../serve.ts'
import { readCredentials, readMaterial, wrongTokens } from '../tokens.ts'

const [materialFile, tokensFile] = process.argv.slice(2)
const material = readMaterial(materialFile)
const { resource: audience, issuer, jwk } = material
const keys = createLocalJWKSet({ keys: [jwk as unknown as JWK] })

const guard = requireBearerAuth({
  verifier: {
    async verifyAccessToken(token) {
      const { payload } = await jwtVerify(token, keys, { issuer, audience, algorithms: ['ES256'] }).catch(() => {
        throw new OAuthError(OAuthErrorCode.InvalidToken, 'The token is not valid.')
      })
      const { client_id: clientId, scope, exp, sub } = payload
      if (typeof clientId !== 'string' || typeof scope !== 'string' || exp === undefined) {
        throw new OAuthError(OAuthErrorCode.InvalidToken, 'The token is not an access token.')
      }
      return { token, clientId, scopes: scope.split(' '), expiresAt: exp, extra: { sub } }
    },
  },
})

serveChecks(
  {
    prepare: (token) => new Request(audience, { method: 'POST', headers: { authorization: `Bearer ${token}` } }),
    async check(request) {
      const answer = await guard(request)
      return answer instanceof Response ? undefined : String(answer.extra?.sub)
    },
  },
  readCredentials(tokensFile),
  wrongTokens(material),
)
