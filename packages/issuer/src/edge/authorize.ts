import { findResource, type Resource } from '../engine/index.ts'

/** What the engine goes by, be it to refuse it: its `PARAM_LIST`, and `resource`. */
const KNOWN: ReadonlySet<string> = new Set([
  ...['response_type', 'response_mode', 'client_id', 'redirect_uri', 'scope', 'state', 'resource', 'nonce', 'prompt'],
  ...['code_challenge', 'code_challenge_method', 'max_age', 'id_token_hint', 'request', 'request_uri', 'registration'],
])
/** What it would keep with the request, and nobody here goes by. */
const UNUSED: ReadonlySet<string> = new Set([
  ...['acr_values', 'claims_locales', 'display', 'login_hint', 'ui_locales'],
])

/**
 * What the engine has to know of what was said, as often as it was said: nothing may be said twice (requirements AS-53).
 * The rest means nothing (RFC 6749 §3.1).
 */
export function pickKnown(said: URLSearchParams): URLSearchParams {
  const isRepeated = (name: string) => said.getAll(name).length > 1
  return new URLSearchParams([...said].filter(([name]) => KNOWN.has(name) || (UNUSED.has(name) && isRepeated(name))))
}

/** What the engine is asked in place of what the client asked: a scope where it named none, resources as we spell them. */
export function settleAuthorization(query: URLSearchParams, resources: readonly Resource[]): URLSearchParams {
  const settled = new URLSearchParams(query)
  settleResources(settled, resources)
  const [named] = settled.getAll('resource')
  const resource = named === undefined && resources.length === 1 ? resources[0] : findResource(resources, named ?? '')
  if (resource !== undefined && settled.getAll('scope').length < 2) {
    settled.set('scope', settleScope(settled.get('scope') ?? '', resource))
  }
  return settled
}

/**
 * The engine refuses a request without scope, which MCP clients may leave out; and one with nothing but `openid` or scopes
 * that nobody knows would open nothing. Those mean: what is usual there.
 */
function settleScope(asked: string, { scopes, defaultScopes }: Resource): string {
  const named = asked.split(' ').filter((scope) => scope !== '')
  return named.some((scope) => scopes.includes(scope)) ? asked : [...named, ...defaultScopes].join(' ')
}

/**
 * The engine compares resources to the letter. What is none of ours stays as it is, to be refused; so do several, while
 * one that is named twice is one. An empty value is none (requirements AS-53).
 */
export function settleResources(values: URLSearchParams, resources: readonly Resource[]): void {
  const named = values.getAll('resource').filter((uri) => uri !== '')
  values.delete('resource')
  const settled = new Set(named.map((uri) => findResource(resources, uri)?.uri ?? uri))
  for (const uri of settled) values.append('resource', uri)
}
