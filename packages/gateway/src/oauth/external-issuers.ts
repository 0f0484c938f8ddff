import type { TokenIssuer } from '@portcullis/auth/guard'
import { remoteIssuer, sharedSecretIssuer } from '@portcullis/auth/issuers'
import { EMBEDDED, type IssuerSettings, type ServerSettings, type Settings } from '../config/index.ts'
import type { Log } from '../log/index.ts'

/**
 * The identity providers that servers name, each once. Nothing is asked of them before the first token comes: a provider
 * that is down keeps no gate from starting.
 */
export function externalIssuers({ issuers, servers }: Settings, log: Log): readonly TokenIssuer[] {
  const named = new Set([...servers.values()].flatMap((server) => server.issuers))
  return [...issuers.values()].filter(({ name }) => named.has(name)).map((issuer) => openIssuer(issuer, log))
}

function openIssuer({ name, options }: IssuerSettings, log: Log): TokenIssuer {
  const heard = {
    onWarning: ({ code, message }: { readonly code: string; readonly message: string }) =>
      log.warn({ issuer: name, code }, message),
  }
  return 'secret' in options ? sharedSecretIssuer({ ...options, ...heard }) : remoteIssuer({ ...options, ...heard })
}

/** Whether people sign in to a server at the issuer inside the gate. */
export function signsInHere({ access, issuers }: ServerSettings): boolean {
  return access.has('oauth') && issuers.includes(EMBEDDED)
}
