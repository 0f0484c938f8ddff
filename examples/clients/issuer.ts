import { createServer } from 'node:http'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { listen } from './door.ts'

/** An authorization server of this machine, as far as a guard looks at one: metadata, keys, and tokens for whoever is named. */
export async function startIssuer() {
  const { publicKey, privateKey } = await generateKeyPair('ES256')
  const jwk = { ...(await exportJWK(publicKey)), kid: 'example', alg: 'ES256', use: 'sig' }
  const { origin, close } = await listen(
    createServer(({ url }, response) => {
      response.setHeader('content-type', 'application/json')
      if (url === '/jwks') return void response.end(JSON.stringify({ keys: [jwk] }))
      response.end(JSON.stringify({ issuer: origin, jwks_uri: `${origin}/jwks` }))
    }),
  )
  const token = (subject: string, audience: string, claims: Record<string, unknown>): Promise<string> =>
    new SignJWT({ client_id: 'example', ...claims })
      .setProtectedHeader({ alg: 'ES256', kid: 'example', typ: 'at+jwt' })
      .setIssuer(origin)
      .setSubject(subject)
      .setAudience(audience)
      .setJti(crypto.randomUUID())
      .setIssuedAt()
      .setExpirationTime('5m')
      .sign(privateKey)
  return { issuer: origin, token, close }
}
