/**
 * `express-jwt` with the keys of `jwks-rsa`, cached as its documentation recommends. Called as the middleware that it is,
 * with as much of a request as it looks at; Express is not in it.
 *
 *   node bench/guard/peers/express-jwt.ts MATERIAL_FILE TOKENS_FILE
 */
import { expressjwt } from 'express-jwt'
import jwksRsa from 'jwks-rsa'
import type { Found } from '../checker.ts'
import { serveChecks } from '../serve.ts'
import { readCredentials, readMaterial, wrongTokens } from '../tokens.ts'

const [materialFile, tokensFile] = process.argv.slice(2)
const material = readMaterial(materialFile)
const { resource: audience, issuer, jwksUri } = material

interface Incoming {
  readonly method: string
  readonly headers: { readonly authorization: string }
  auth?: { readonly sub?: string }
}
const guard = expressjwt({
  ...{ audience, issuer, algorithms: ['ES256'] },
  secret: jwksRsa.expressJwtSecret({ cache: true, rateLimit: true, jwksRequestsPerMinute: 5, jwksUri }),
}) as unknown as (request: Incoming, response: object, next: (error?: Error) => void) => void

serveChecks(
  {
    prepare: (token): Incoming => ({ method: 'POST', headers: { authorization: `Bearer ${token}` } }),
    check: (request) =>
      new Promise<Found>((resolve, reject) => {
        guard(request, {}, (error) => {
          if (error === undefined) resolve(request.auth?.sub)
          else if (error.name === 'UnauthorizedError') resolve(undefined)
          else reject(error)
        })
      }),
  },
  readCredentials(tokensFile),
  wrongTokens(material),
)
