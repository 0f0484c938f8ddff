import type { KoaContextWithOIDC } from 'oidc-provider'
import type { AccessTokens } from './options.ts'

/** What the engine says of a JWT at introspection and revocation, after it has authenticated the client. */
const NOT_SUPPORTED = 'unsupported_token_type'

/** Answers for JWT access tokens, where the engine has no answer. It has checked client and form by then. */
export function structuredTokens(tokens: AccessTokens) {
  return async (context: unknown, next: () => Promise<void>): Promise<void> => {
    await next()
    const ctx = context as KoaContextWithOIDC
    const { client, route, params } = ctx.oidc ?? {}
    if (client === undefined || (route !== 'introspection' && route !== 'revocation')) return
    // Who proves nothing may end its tokens, but learns nothing about them (RFC 7662 §2.1).
    if (route === 'introspection' && client.clientAuthMethod === 'none') {
      ctx.status = 401
      ctx.body = { error: 'invalid_client', error_description: 'introspection is for clients that authenticate' }
      return
    }
    if ((ctx.body as { readonly error?: unknown } | undefined)?.error !== NOT_SUPPORTED) return
    ctx.status = 200
    if (route === 'introspection') {
      ctx.body = await tokens.introspect(String(params?.token), client.clientId)
    } else {
      await tokens.revoke(String(params?.token), client.clientId)
      ctx.body = ''
    }
  }
}
