import { type ClientMetadata, type RedirectRules, settleMetadata } from '../client-metadata/index.ts'
import { faultOfHost } from '../outbound/index.ts'

/** How a client shows at the token endpoint who it is. `either`: with a key or without, as it likes. */
export type Proof = 'none' | 'private_key_jwt' | 'either'

export interface ClientDocument {
  /** Without a way to authenticate: `proof` says which there are. */
  readonly metadata: ClientMetadata
  readonly proof: Proof
  /** Members that belong to `private_key_jwt`. */
  readonly keys: ClientMetadata
}

export interface DocumentRules {
  readonly redirects: RedirectRules
  /** Algorithms that a client may sign its assertions with. */
  readonly algorithms: readonly string[]
  readonly allowsLoopback: boolean
}

const MAX_KEYS = 10

/**
 * Reads a client's document (draft-ietf-oauth-client-id-metadata-document-01 §4.1, requirements AS-26 to AS-28).
 * @param text The body that was fetched.
 * @returns why it does not count, as a sentence about the document; or what it says.
 */
export function readDocument(clientId: string, text: string, rules: DocumentRules): ClientDocument | string {
  const said = parse(text)
  if (said === undefined) return 'it is no JSON object'
  if (said.client_id !== clientId) return 'its client_id is another one'
  if (typeof said.client_name !== 'string') return 'it has no client_name'
  if ('client_secret' in said || 'client_secret_expires_at' in said) return 'it holds a shared secret'
  const proof = proofOf(said)
  if (proof === undefined) return 'it offers no way to authenticate but a shared secret or one that is not known here'
  const keys = proof === 'none' ? {} : keysOf(said, rules)
  if (typeof keys === 'string') return keys
  const settled = settleMetadata(said, rules.redirects)
  if (settled.kind === 'refused') return settled.description
  if (settled.metadata.client_name === undefined) return 'it has no client_name that can be shown'
  return { metadata: { client_id: clientId, ...settled.metadata }, proof, keys }
}

function parse(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined
  } catch {
    return undefined
  }
}

/** A document names one method, a list of those it can use, both or neither. Secrets in the list are just not used. */
function proofOf(said: Readonly<Record<string, unknown>>): Proof | undefined {
  const one = said.token_endpoint_auth_method
  const list = said.token_endpoint_auth_methods_supported
  if (one !== undefined && one !== 'none' && one !== 'private_key_jwt') return undefined
  if (list !== undefined && !Array.isArray(list)) return undefined
  const offered = new Set([...(one === undefined ? [] : [one]), ...(list ?? [])])
  if (offered.size === 0) return 'none'
  const hasKey = offered.has('private_key_jwt')
  if (offered.has('none')) return hasKey ? 'either' : 'none'
  return hasKey ? 'private_key_jwt' : undefined
}

function keysOf(said: Readonly<Record<string, unknown>>, rules: DocumentRules): ClientMetadata | string {
  const { jwks, jwks_uri: uri, token_endpoint_auth_signing_alg: algorithm } = said
  if ((jwks === undefined) === (uri === undefined)) return 'it must have either jwks or jwks_uri'
  if (algorithm !== undefined && !rules.algorithms.includes(String(algorithm))) {
    return 'its token_endpoint_auth_signing_alg is not known here'
  }
  const signing = algorithm === undefined ? {} : { token_endpoint_auth_signing_alg: algorithm }
  if (uri === undefined) return arePublicKeys(jwks) ? { jwks, ...signing } : 'its jwks is no set of public keys'
  const url = typeof uri === 'string' ? URL.parse(uri) : null
  const fault = url === null ? 'it is no URL' : faultOfHost(url, rules)
  return fault === undefined ? { jwks_uri: uri, ...signing } : `its jwks_uri cannot be asked: ${fault}`
}

/** Private and symmetric members of RFC 7518 §6. */
const PRIVATE = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv']

function arePublicKeys(jwks: unknown): boolean {
  const keys = typeof jwks === 'object' && jwks !== null && 'keys' in jwks ? jwks.keys : undefined
  if (!Array.isArray(keys) || keys.length === 0 || keys.length > MAX_KEYS) return false
  return keys.every((key) => {
    const isObject = typeof key === 'object' && key !== null && !Array.isArray(key)
    return isObject && typeof key.kty === 'string' && key.kty !== 'oct' && !PRIVATE.some((name) => name in key)
  })
}
