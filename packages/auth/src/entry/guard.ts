import { defer } from '../crypto/index.ts'
import { Guard, metadataPathOf, type RequestView, resourceMetadata, type Verdict } from '../guard/index.ts'
import type { Reply } from '../http/index.ts'
import { TaskLedger } from '../policy/index.ts'
import type { MaybePromise, RevocationStore } from '../store/index.ts'
import { admit } from './admit.ts'
import { startChores } from './chores.ts'
import type { Admission } from './coming.ts'
import type { GuardOptions } from './guard-options.ts'
import { settle } from './options.ts'
import { directoryOf, revokedIn } from './per-store.ts'
import type { Policy } from './policy.ts'
import { recording } from './recording.ts'
import type { Body, Visit } from './visit.ts'
import type { KeyStore } from './ways.ts'

/** Protects one MCP endpoint of this process. */
export interface McpGuard {
  /** Its canonical URI. */
  readonly resource: string
  /** What keys are issued for. */
  readonly name: string
  readonly policy: Policy
  /**
   * Who a request to the endpoint's plain URL comes from. Looks at the credential alone; answers at once unless a store,
   * an issuer or this runtime's hashing needs a promise. @throws when a store does not answer: then nobody comes in.
   */
  check(view: RequestView): MaybePromise<Verdict>
  /**
   * The whole way in: credential, body, session, decision. Adapters call it for every request that could reach the
   * server, whatever its path: what a router takes for this endpoint is protected.
   * @param readBody Called once at most, and only for callers who are known.
   */
  admit(visit: Visit, readBody: () => MaybePromise<Body>): Promise<Admission>
  /**
   * Its protected resource metadata (RFC 9728 §3.1), where this path is the address of it.
   * @param isAlone Whether it is the host's only one: then the root's address is its, too.
   */
  documentAt(path: string, isAlone?: boolean): Reply | undefined
  /** Methods beyond those of MCP that may be called. */
  readonly methods: ReadonlySet<string>
  /** Whose tasks are whose. */
  readonly tasks: TaskLedger
  /** Writes what was put off (last uses of keys, counted refusals) and stops. */
  close(): Promise<void>
}

/**
 * A guard for one MCP endpoint. Everything is checked here: what would fail on the first request fails now.
 *
 *     const gate = guard({ resource: 'https://mcp.example.com/notes/mcp', access: [apiKeys(store)] })
 *
 * @throws {TypeError} for an option that is wrong, with what to write instead.
 */
export function guard(options: GuardOptions): McpGuard {
  const settled = settle(options)
  const { server, policy, keys, fixed, tokens, now } = settled
  const core = new Guard({
    credentials: keys === undefined ? NO_KEYS : directoryOf(keys),
    now,
    defer,
    ...(fixed && { fixedKeys: fixed }),
    ...(tokens.length > 0 && {
      tokens: {
        issuers: tokens.flatMap((way) => way.issuers),
        ...one(
          tokens.flatMap((way) => way.revocations ?? []),
          now,
        ),
      },
    }),
  })
  const record = recording(settled)
  const chores = startChores(core, record, settled.onWarning)
  const tasks = new TaskLedger()
  const document = server.resource && resourceMetadata(server.resource, server.name)
  const path = metadataPathOf(settled.uri)
  return {
    resource: settled.uri,
    name: server.name,
    policy,
    check: (view) => core.check(view, server),
    admit: (visit, readBody) => admit(visit, readBody, { core, record, chores, settled, tasks }),
    documentAt: (asked, isAlone = false) => (asked === path || (isAlone && asked === ROOT) ? document : undefined),
    methods: settled.methods,
    tasks,
    close: () => chores.close(),
  }
}

const ROOT = '/.well-known/oauth-protected-resource'

/** Where no keys are taken, none are known. */
const NO_KEYS: KeyStore = { find: () => undefined, list: () => [], changes: () => [], touch() {} }

function one(revocations: readonly RevocationStore[], now: () => number) {
  if (new Set(revocations).size > 1) throw new TypeError('the issuers of one guard must share one store of revocations')
  return revocations[0] === undefined ? {} : { revocations: revokedIn(revocations[0], now) }
}

/** @param how What to write: `protect(gate)`. @throws {TypeError} where there is no guard, as far as that can be seen. */
export function expectGuard(guard: McpGuard | undefined, how: string): void {
  if (typeof guard?.admit !== 'function')
    throw new TypeError(`a guard is missing: write ${how}, where gate = guard({ resource, access })`)
}
