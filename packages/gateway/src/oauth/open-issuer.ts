import type { Issuer } from '@portcullis/issuer'
import type { ServerSettings, Settings } from '../config/index.ts'
import type { Log } from '../log/index.ts'
import type { Recorder } from '../record/index.ts'
import type { Stores } from '../state/index.ts'
import { signsInHere } from './external-issuers.ts'
import { operationOf } from './operation-of.ts'
import { tokenTermsOf } from './resource-terms.ts'

export interface IssuerSurroundings {
  readonly settings: Settings
  /** The public origin, which is the issuer identifier. */
  readonly url: string
  /** Origins by which clients on this machine may reach the same gate. */
  readonly otherUrls: readonly string[]
  readonly stores: Stores
  readonly sealingKey: Uint8Array
  /** The scopes that mean something on a server. */
  readonly scopesOf: (server: ServerSettings) => readonly string[]
  readonly recorder: Recorder
  readonly log: Log
}

/** Whether people sign in to any server at the issuer inside the gate. */
export function needsIssuer({ servers }: Settings): boolean {
  return [...servers.values()].some(signsInHere)
}

/** The embedded issuer. Loaded when a server needs it, for a gate that only knows keys has no use for its engine. */
export async function openEmbeddedIssuer(surroundings: IssuerSurroundings): Promise<Issuer> {
  const { settings, url, otherUrls, stores, sealingKey, scopesOf, recorder, log } = surroundings
  const { openIssuer } = await import('@portcullis/issuer')
  const { accessTokenSeconds, refreshTokenSeconds, grantSeconds, signingAlgorithm, registration } = settings.oauth
  const { documents, redirectUris } = settings.oauth
  const resources = [...settings.servers.values()].flatMap((server) => {
    const { resource } = tokenTermsOf(server, settings, url)
    if (resource === undefined || !signsInHere(server)) return []
    const { uri, baseScopes } = resource
    const { name, scopes: opens, scopeTexts: describes } = server
    const aliases = otherUrls.map((other) => `${other}${new URL(uri).pathname}`)
    return [{ uri, aliases, name, scopes: scopesOf(server), defaultScopes: baseScopes, opens, describes }]
  })
  return openIssuer({
    issuer: url,
    resources,
    stores: stores.issuer,
    sealingKey,
    lifetimes: { accessToken: accessTokenSeconds, refreshToken: refreshTokenSeconds, grant: grantSeconds },
    algorithm: signingAlgorithm,
    registration,
    documents: documents.allow?.length === 0 ? 'off' : documents,
    redirectUris,
    onEvent: (event) => recorder.operation(operationOf(event)),
    onFault: (error) => log.error({ err: error }, 'the issuer could not serve a request'),
  })
}
