import type { Reply } from '@portcullis/auth/http'
import type { Engine } from '../engine/index.ts'

/** How long others may keep our metadata, in seconds: short, for a change of server must be noticed. */
const MAX_AGE = 300

const OPEN = ['access-control-allow-origin', '*', 'cross-origin-resource-policy', 'cross-origin']

/** Where metadata is looked for (RFC 8414 §3.1, OpenID Connect Discovery §4): before the issuer's path and behind it. */
export function metadataPaths(issuer: string): readonly string[] {
  const path = new URL(issuer).pathname.replace(/\/$/, '')
  const names = ['/.well-known/oauth-authorization-server', '/.well-known/openid-configuration']
  return path === '' ? names : [...names.map((name) => `${name}${path}`), `${path}/.well-known/openid-configuration`]
}

/** What the engine says of itself, once, as bytes that are served from then on. */
export async function readMetadata(engine: Engine, more: Readonly<Record<string, unknown>>): Promise<Reply> {
  const { body } = await engine.call({ method: 'GET', target: '/.well-known/openid-configuration', headers: {} })
  const { claims_parameter_supported: _, ...document } = JSON.parse(body)
  return asStatic({ ...document, ...more })
}

/** The public halves of the signing keys. */
export async function readKeys(engine: Engine): Promise<Reply> {
  const { body } = await engine.call({ method: 'GET', target: engine.routes.jwks, headers: {} })
  return asStatic(JSON.parse(body))
}

function asStatic(document: object): Reply {
  return {
    status: 200,
    headers: ['content-type', 'application/json', 'cache-control', `public, max-age=${MAX_AGE}`, ...OPEN],
    body: JSON.stringify(document),
  }
}
