/**
 * Legacy sessions (MCP 2025-03-26 to 2025-11-25). The gate mints its own ids and maps them to the upstream's, so that
 * an id found or guessed is worth nothing to anybody but the principal it was made for.
 *
 * Owns binding, bounds and idleness. Never authenticates: a session is looked up after the credential was checked.
 */
export { Conversation, type Session, type SessionOptions, Sessions } from './sessions.ts'
