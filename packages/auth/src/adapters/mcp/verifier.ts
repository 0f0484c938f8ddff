import { type AuthInfo, type McpGuard, toAuthInfo, vouchFor } from '../../entry/index.ts'
import type { RequestView } from '../../guard/index.ts'

/** The SDKs' `OAuthTokenVerifier`, by structure. */
export interface TokenVerifier {
  verifyAccessToken(token: string): Promise<AuthInfo & { readonly expiresAt: number }>
}

/** For how long the word on a credential that does not expire counts, in seconds: the SDKs want to hear an end. */
const WORD_SECONDS = 60

/**
 * A guard as the token verifier of the SDK's own `requireBearerAuth`: keys and tokens alike. Sessions, decisions and
 * challenges are then the SDK's and yours; `guardTools` and `requires` work behind it.
 *
 * @param fault Makes the error that the SDK answers with 401. v1: `(text) => new InvalidTokenError(text)`; v2:
 *   `(text) => new OAuthError(OAuthErrorCode.InvalidToken, text)`.
 */
export function portcullisVerifier(guard: McpGuard, fault: (text: string) => Error): TokenVerifier {
  return {
    async verifyAccessToken(token) {
      const verdict = await guard.check(viewOf(token))
      if (verdict.kind === 'refused') throw fault('The credential is not valid here.')
      const { principal, access } = verdict
      vouchFor(principal, access)
      const info = toAuthInfo(principal, guard.resource)
      return { ...info, expiresAt: info.expiresAt ?? Math.floor(Date.now() / 1000) + WORD_SECONDS }
    },
  }
}

function viewOf(token: string): RequestView {
  return {
    header: (name) => (name === 'authorization' ? `Bearer ${token}` : undefined),
    isRepeated: () => false,
  }
}
