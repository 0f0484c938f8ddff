import type { Engine, Resource } from '../engine/index.ts'

/** Where metadata is looked for (RFC 8414 §3.1, OpenID Connect Discovery §4): before the issuer's path and behind it. */
export function metadataPaths(issuer: string): readonly string[] {
  const path = new URL(issuer).pathname.replace(/\/$/, '')
  const names = ['/.well-known/oauth-authorization-server', '/.well-known/openid-configuration']
  return path === '' ? names : [...names.map((name) => `${name}${path}`), `${path}/.well-known/openid-configuration`]
}

/** What the issuer says of itself: the engine's own document, and what the engine cannot know. */
export async function readMetadata(engine: Engine, resources: readonly Resource[]): Promise<object> {
  const { body } = await engine.call({ method: 'GET', target: '/.well-known/openid-configuration', headers: {} })
  const { claims_parameter_supported: _, ...document } = JSON.parse(body)
  const methods: readonly string[] = document.token_endpoint_auth_methods_supported
  return {
    ...document,
    response_modes_supported: ['query'],
    revocation_endpoint_auth_methods_supported: methods,
    introspection_endpoint_auth_methods_supported: methods.filter((method) => method !== 'none'),
    ...(resources.length === 0 ? {} : { protected_resources: resources.map(({ uri }) => uri) }),
  }
}

/** The public halves of the signing keys (RFC 7517 §5). */
export async function readKeys(engine: Engine): Promise<object> {
  const { body } = await engine.call({ method: 'GET', target: engine.routes.jwks, headers: {} })
  return JSON.parse(body)
}
