import { Clients } from './clients/index.ts'
import { Invitations } from './registration/index.ts'
import { openServices, type ServiceOptions, type Services } from './services.ts'
import { deriveKey } from './vault/index.ts'

/** What an operator can do to an issuer from outside: issuers that run notice at once. */
export interface Operator extends Omit<Services, 'vault'> {
  readonly clients: Clients
  /** Initial access tokens, for `registration: gated`. */
  readonly invitations: Invitations
}

export type OperatorOptions = Omit<ServiceOptions, 'now'>

/** The services of an issuer without its endpoints. */
export function openOperator(options: OperatorOptions): Operator {
  const { stores, sealingKey, onEvent } = options
  const now = () => Math.floor(Date.now() / 1000)
  const { vault, ...services } = openServices({ ...options, now })
  const clients = new Clients({
    store: stores.clients,
    key: deriveKey(sealingKey, 'clients'),
    grants: services.grants,
    documents: undefined,
    onEvent,
    now,
  })
  return { ...services, clients, invitations: new Invitations(vault, now) }
}
