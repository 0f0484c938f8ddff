/**
 * `jwtVerify` of `jose` by itself, with a key that is imported once and the claims checked that the guard checks.
 *
 *   node bench/guard/ways/jose.ts MATERIAL_FILE TOKENS_FILE
 */
import { errors, importJWK, type JWK, jwtVerify } from 'jose'
import { serveChecks } from '../serve.ts'
import { readCredentials, readMaterial, wrongTokens } from '../tokens.ts'

const [materialFile, tokensFile] = process.argv.slice(2)
const material = readMaterial(materialFile)
const { resource: audience, issuer, jwk } = material
const key = await importJWK(jwk as unknown as JWK, 'ES256')
const options = {
  ...{ issuer, audience, algorithms: ['ES256'], typ: 'at+jwt' },
  requiredClaims: ['sub', 'client_id', 'jti', 'iat', 'exp'],
}

serveChecks(
  {
    prepare: (token) => token,
    async check(token) {
      try {
        return (await jwtVerify(token, key, options)).payload.sub
      } catch (error) {
        if (error instanceof errors.JOSEError) return undefined
        throw error
      }
    },
  },
  readCredentials(tokensFile),
  wrongTokens(material),
)
