import { findResource, type Resource } from '../engine/index.ts'

/** What the engine is asked in place of what the client asked: a scope where it named none, resources as we spell them. */
export function settleAuthorization(query: URLSearchParams, resources: readonly Resource[]): URLSearchParams {
  const settled = new URLSearchParams(query)
  settleResources(settled, resources)
  const [named] = settled.getAll('resource')
  const resource = named === undefined && resources.length === 1 ? resources[0] : findResource(resources, named ?? '')
  // The engine refuses a request without scope; MCP clients may leave it out.
  if (!settled.get('scope') && resource !== undefined) settled.set('scope', resource.defaultScopes.join(' '))
  return settled
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
