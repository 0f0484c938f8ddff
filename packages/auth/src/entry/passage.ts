import type { WrittenOutcome } from '../events/index.ts'
import type { Principal } from '../guard/index.ts'
import type { Access } from '../policy/index.ts'
import type { Era, Incoming } from '../protocol/index.ts'
import type { MaybePromise } from '../store/index.ts'
import { type AuthInfo, toAuthInfo, vouchFor } from './auth-info.ts'
import type { SessionBindings } from './sessions.ts'

/** What a passage needs of its guard. */
export interface PassageNeeds {
  readonly resource: string
  readonly metadataUrl: string | undefined
  readonly sessions: SessionBindings
  readonly until: (principal: Principal, end: () => void) => () => void
  /** Called where a list of which the caller may see a part went out as it was. */
  readonly onWholeList?: () => void
  readonly onEnd: (ending: { outcome: WrittenOutcome; status: number | undefined; reason?: string }) => void
}

/** A request that was let in, until its answer has ended. */
export class Passage {
  readonly principal: Principal
  readonly access: Access
  readonly era: Era
  /** What was sent; absent for streams and the ends of sessions. */
  readonly incoming: Incoming | undefined
  /** Fields that its answer carries beside the server's own: [name, value, …], lower-case names. */
  readonly headers: readonly string[]
  /** One word for who calls. */
  readonly owner: string
  /** For the SDK's transport: `req.auth`, or the `authInfo` of a `fetch` handler. */
  readonly authInfo: AuthInfo
  readonly #needs: PassageNeeds
  #noted: WrittenOutcome = 'answered'
  #isOver = false
  #isCutOff = false
  #isShortened = false
  #closing: string | undefined

  constructor(
    {
      principal,
      access,
      era,
      incoming,
      headers,
      owner,
    }: Pick<Passage, 'principal' | 'access' | 'era' | 'incoming' | 'headers' | 'owner'>,
    needs: PassageNeeds,
  ) {
    this.principal = principal
    this.access = access
    this.era = era
    this.incoming = incoming
    this.headers = headers
    this.#needs = needs
    this.owner = owner
    vouchFor(principal, access, owner)
    this.authInfo = toAuthInfo(principal, needs.resource, needs.metadataUrl)
    passages.set(this.authInfo.extra, this)
  }

  /** What was sent, as it was read for the decision: nobody reads it a second time, and maybe otherwise. */
  get message(): unknown {
    return this.incoming?.value
  }

  /** The server has opened a legacy session for this caller. */
  opened(sessionId: string): MaybePromise<void> {
    return this.#needs.sessions.bind(sessionId, this.owner)
  }

  /** Its caller asks for the end of a session, which is over when the server says so. */
  closes(sessionId: string | undefined): void {
    this.#closing = sessionId
  }

  /** Calls `end` when the credential is revoked or expires. @returns stops watching. */
  untilRevoked(end: () => void): () => void {
    return this.#needs.until(this.principal, () => {
      this.#isCutOff = true
      end()
    })
  }

  /** Its answer is a list with what the caller may see. */
  shorten(): void {
    this.#isShortened = true
  }

  /** Its answer says error, or broke off. */
  note(outcome: 'rpc_error' | 'tool_error' | 'upstream_failed'): void {
    this.#noted = outcome
  }

  /** The answer is out, or the caller has left before it was; the first word counts. */
  end(status: number | undefined, hasLeft = false): void {
    if (this.#isOver) return
    this.#isOver = true
    const isGone = this.#closing !== undefined && status !== undefined && status < 300
    if (isGone) void this.#needs.sessions.end(this.#closing as string)
    if (!this.#isShortened && status === 200) this.#needs.onWholeList?.()
    if (this.#isCutOff) return this.#needs.onEnd({ outcome: 'left', status, reason: 'credential_ended' })
    const outcome = hasLeft ? 'left' : status !== undefined && status >= 500 ? 'upstream_failed' : this.#noted
    this.#needs.onEnd({ outcome, status })
  }
}

/** The passage that a handler's `authInfo` belongs to. By its `extra`, which frameworks hand on as it is. */
const passages = new WeakMap<object, Passage>()

export function passageOf(authInfo: unknown): Passage | undefined {
  const extra = (authInfo as { readonly extra?: unknown } | undefined)?.extra
  return typeof extra === 'object' && extra !== null ? passages.get(extra) : undefined
}
