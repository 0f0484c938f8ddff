import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { freePort, PEER_CORE, startNode, untilAnswers } from '../process/index.ts'
import type { StartPeer } from './peer.ts'

const ISSUER = 'https://issuer.example'
const AUDIENCE = 'https://mcp.example/mcp'

/** With one access token, good for two hours: longer than any run. */
export const startExpress: StartPeer = async (rig) => {
  const port = await freePort()
  const { publicKey, privateKey } = await generateKeyPair('ES256')
  const jwks = join(rig.folder, 'jwks.json')
  await writeFile(jwks, JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: 'bench', alg: 'ES256' }] }))
  const token = await new SignJWT({ client_id: 'bench', scope: 'mcp:read mcp:write' })
    .setProtectedHeader({ alg: 'ES256', kid: 'bench', typ: 'at+jwt' })
    .setIssuer(ISSUER)
    .setAudience(AUDIENCE)
    .setSubject('bench')
    .setIssuedAt()
    .setExpirationTime('2h')
    .sign(privateKey)
  const args = [port, rig.upstream.port, ISSUER, AUDIENCE, jwks].map(String)
  const child = rig.adopt(startNode(PEER_CORE, 'bench/peers/express-sdk.ts', args))
  await untilAnswers(child, port)
  const keys = await rig.writeKeys('express-sdk.key', [token])
  return { name: 'express-sdk', target: { port, path: '/mcp', keys }, pid: child.pid }
}
