/** An answer of our own, whole. */
export interface Reply {
  readonly status: number
  /** [name, value, name, value, …], lower-case names; content-length is the sender's to add. */
  readonly headers: readonly string[]
  readonly body: string
}

const JSON_HEADERS = ['content-type', 'application/json', 'cache-control', 'no-store']

/** A refusal in the shape of RFC 6750 §3.1 and RFC 6749 §5.2: a stable code for programs, a sentence for people. */
export function errorReply(status: number, error: string, description: string, headers: readonly string[] = []): Reply {
  return {
    status,
    headers: [...JSON_HEADERS, ...headers],
    body: JSON.stringify({ error, error_description: description }),
  }
}

/**
 * @param id The request's id as JSON text; absent where none could be read (MCP: then the member is left out).
 * @param error.data What programs can use: `{ error: "a_stable_code" }`, or what the protocol asks for.
 */
export function rpcErrorReply(
  status: number,
  id: string | undefined,
  error: { readonly code: number; readonly message: string; readonly data?: object },
  headers: readonly string[] = [],
): Reply {
  return {
    status,
    headers: [...JSON_HEADERS, ...headers],
    body: `{"jsonrpc":"2.0",${id === undefined ? '' : `"id":${id},`}"error":${JSON.stringify(error)}}`,
  }
}

/** @param result The result as JSON text. */
export function rpcResultReply(id: string, result: string): Reply {
  return { status: 200, headers: JSON_HEADERS, body: `{"jsonrpc":"2.0","id":${id},"result":${result}}` }
}
