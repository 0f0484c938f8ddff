/**
 * A stdio server behind the gate: children, and the words between them and the callers (GW-50 to GW-55).
 *
 *   call ─▶ Sessions   (legacy: a session and a child per `initialize`) ─┐
 *        └▶ Principals (modern: a child per principal) ──────────────────┴▶ Conversation ─▶ Program ─▶ stdin
 *   answer ◀─ Exchange (POST) ◀──────────────────── by number ──────────────────┘   ▲                   │
 *          ◀─ Standing (GET)  ◀──────────────────── the rest ───────────────────────┴──── one line ◀── stdout
 *
 * Behaves like an HTTP upstream with session ids of its own. Owns the children's environment, number, start, back-off
 * and end; the numbering of requests, so that no two callers' ids meet in a child; the choice of the one stream that
 * each message goes to; the era of the server, and the two checks of the modern era that only an HTTP server can make
 * (does it speak the revision; do `Mcp-Param-*` headers say what the arguments say); and every bound on what a child
 * may do to the gate.
 *
 * Knows nothing of credentials, policy or records; all other headers were checked in front. Stores no events: a
 * stream that broke is not replayed, and `Last-Event-ID` is not looked at. What a dead child had promised
 * (subscriptions, sessions) is not promised again: its callers see the end and ask anew.
 */
export { ChildBudget } from './budget.ts'
export type { Log, StdioOptions } from './options.ts'
export { createStdioUpstream } from './stdio.ts'
