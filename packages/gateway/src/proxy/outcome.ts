import type { WrittenOutcome } from '@portcullis/auth/events'

/**
 * Whether an answer may say of itself that the call failed: `"error"` or `"isError"`. These can stand in it as keys
 * only (inside a string their quotes are escaped), so most answers need no parsing.
 */
export function mayTellOutcome(text: string): boolean {
  return text.includes('rror"')
}

/** What a JSON-RPC answer says of the call, for the record. */
export function outcomeOf(text: string): WrittenOutcome {
  if (!mayTellOutcome(text)) return 'answered'
  try {
    return outcomeOfValue(JSON.parse(text))
  } catch {
    return 'answered'
  }
}

function outcomeOfValue(value: unknown): WrittenOutcome {
  // A batch is as bad as the worst of its answers.
  if (Array.isArray(value)) {
    const outcomes = value.map(outcomeOfValue)
    return outcomes.find((outcome) => outcome === 'rpc_error') ?? outcomes.find((o) => o === 'tool_error') ?? 'answered'
  }
  if (typeof value !== 'object' || value === null) return 'answered'
  const { error, result } = value as { error?: unknown; result?: { isError?: unknown } | null }
  if (error !== undefined) return 'rpc_error'
  return typeof result === 'object' && result?.isError === true ? 'tool_error' : 'answered'
}
