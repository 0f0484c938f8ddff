import { isObject, type MirroredParam, mirroredParams } from '@portcullis/auth/protocol'
import type { Conversation } from './conversation.ts'
import { inquire } from './inquiry.ts'

/** A list this old is asked for again, while the old one still serves. */
const STALE_MS = 60_000
/** A name that is not in the list may be a new tool's; it is asked for no more often than this. */
const UNKNOWN_MS = 1000
const MAX_PAGES = 100
const NONE: readonly MirroredParam[] = []

/**
 * Which arguments a child's tools want mirrored in headers. Over stdio nobody but the gate ever sees the headers, so
 * the check that an HTTP server makes is made here (HTTP Server Behavior for Custom Headers).
 */
export class ToolList {
  readonly #conversation: Conversation
  readonly #timeoutMs: number
  readonly #now: () => number
  #tools: ReadonlyMap<string, readonly MirroredParam[]> = new Map()
  #listedAt = Number.NEGATIVE_INFINITY
  #listing: Promise<void> | undefined

  constructor(conversation: Conversation, timeoutMs: number, now: () => number) {
    this.#conversation = conversation
    this.#timeoutMs = timeoutMs
    this.#now = now
  }

  /** @returns A promise only where the child has to be asked first. */
  paramsOf(tool: string): readonly MirroredParam[] | Promise<readonly MirroredParam[]> {
    const params = this.#tools.get(tool)
    const age = this.#now() - this.#listedAt
    if (age >= (params === undefined ? UNKNOWN_MS : STALE_MS)) this.#listing ??= this.#list()
    if (params !== undefined || this.#listing === undefined) return params ?? NONE
    return this.#listing.then(() => this.#tools.get(tool) ?? NONE)
  }

  /** A child that does not give its list has its old one taken for true; none, where it never gave one. */
  async #list(): Promise<void> {
    const tools = new Map<string, readonly MirroredParam[]>()
    let cursor: unknown
    for (let page = 0; page < MAX_PAGES; page++) {
      const params = cursor === undefined ? {} : { cursor }
      const answer = await inquire(this.#conversation, 'tools/list', params, this.#timeoutMs)
      const result = 'reason' in answer || !isObject(answer.result) ? {} : answer.result
      if (!Array.isArray(result.tools)) break
      for (const tool of result.tools)
        if (isObject(tool)) tools.set(String(tool.name), mirroredParams(tool.inputSchema))
      cursor = result.nextCursor
      if (cursor !== undefined) continue
      this.#tools = tools
      break
    }
    this.#listedAt = this.#now()
    this.#listing = undefined
  }
}
