import type { ClientStore } from '@portcullis/auth/store'
import { redirectRules } from '../client-metadata/index.ts'
import { boundGuesses, Clients } from '../clients/index.ts'
import { type DocumentPolicy, Documents, trustOf } from '../documents/index.ts'
import { ASSERTION_ALGORITHMS, type Engine, type EngineOptions } from '../engine/index.ts'
import type { OnIssuerEvent } from '../events.ts'
import type { Grants } from '../grants/index.ts'
import type { Line } from '../limits/index.ts'
import { isLoopbackAddress, Outbound } from '../outbound/index.ts'
import { Invitations, Refusals, registrationEndpoint } from '../registration/index.ts'
import { deriveKey, type Vault } from '../vault/index.ts'
import type { Handler } from '../web/index.ts'

/** The way out that documents are fetched by, for tests: no configuration can name it. */
export const outboundOption: unique symbol = Symbol('outbound')

export interface AdmissionOptions {
  /**
   * Who may register a client: anyone (20 in an hour per network), who has an initial access token of the operator's, or
   * nobody. Default `open`.
   */
  readonly registration?: 'open' | 'gated' | 'off'
  /** Whose clients may name themselves by the URL of a document. Default: those of every public https host. */
  readonly documents?: DocumentPolicy | 'off'
  /** Redirect URIs with the scheme of an application that count beside those that are known here. Whole URIs. */
  readonly redirectUris?: readonly string[]
  readonly [outboundOption]?: Outbound
}

export interface AdmissionNeeds {
  readonly issuer: string
  readonly store: ClientStore
  readonly vault: Vault
  readonly grants: Pick<Grants, 'endClient'>
  readonly sealingKey: Uint8Array
  /** Every scope that means something here. */
  readonly scopes: readonly string[]
  readonly now: () => number
  readonly onEvent: OnIssuerEvent
}

export interface Admission {
  readonly clients: Clients
  readonly invitations: Invitations
  /** How the engine fetches what clients point to. */
  readonly features: NonNullable<EngineOptions['features']>
  /**
   * Registration, and a bound to guesses in front of the endpoints that take secrets.
   * @param line Where registrations wait.
   */
  handler(routes: Engine['routes'], protocol: Handler, line: Line): Handler
  /** Members of the issuer's metadata. */
  metadata(routes: Engine['routes']): Readonly<Record<string, unknown>>
}

/** @throws {TypeError} when an option is none. */
export function openAdmission(options: AdmissionOptions, needs: AdmissionNeeds): Admission {
  const { registration = 'open', documents: policy = {} } = options
  const { issuer, store, vault, grants, sealingKey, scopes, now, onEvent } = needs
  if (!['open', 'gated', 'off'].includes(registration)) throw new TypeError('"registration" is open, gated or off')
  const redirects = redirectRules(options.redirectUris)
  const outbound = options[outboundOption] ?? new Outbound({ allowsLoopback: isOnLoopback(issuer) })
  const trust = trustOf(policy === 'off' ? { allow: [] } : policy)
  const documents = new Documents({
    ...{ outbound, trust, redirects, algorithms: ASSERTION_ALGORITHMS, now },
    onRefused: (refused) => onEvent({ type: 'document.refused', actor: 'client', detail: { ...refused } }),
  })
  const clients = new Clients({
    store,
    key: deriveKey(sealingKey, 'clients'),
    grants,
    documents: policy === 'off' ? undefined : documents,
    onEvent,
    now,
  })
  const invitations = new Invitations(vault, now)
  return {
    clients,
    invitations,
    features: { configuration: { fetch: (url) => documents.fetchForEngine(String(url)) } },
    handler(routes, protocol, line) {
      const bounded = boundGuesses(protocol, { paths: [routes.token, routes.revocation, routes.introspection], now })
      if (registration === 'off') return (visit) => (visit.path === routes.registration ? undefined : bounded(visit))
      const register = registrationEndpoint({
        path: routes.registration,
        origin: new URL(issuer).origin,
        clients,
        invitations: registration === 'gated' ? invitations : undefined,
        refusals: new Refusals(onEvent),
        line,
        redirects,
        scopes,
        now,
      })
      return async (visit) => (await register(visit)) ?? bounded(visit)
    },
    metadata: (routes) => ({
      ...(registration === 'off' ? {} : { registration_endpoint: new URL(routes.registration, issuer).href }),
      ...(policy === 'off' ? {} : { client_id_metadata_document_supported: true }),
    }),
  }
}

function isOnLoopback(issuer: string): boolean {
  const host = new URL(issuer).hostname.replace(/^\[|\]$/g, '')
  return host === 'localhost' || isLoopbackAddress(host)
}
