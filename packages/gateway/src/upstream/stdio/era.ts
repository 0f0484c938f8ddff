import { type Era, eraOfRevision } from '@portcullis/auth/protocol'
import type { UpstreamFailure } from '../upstream.ts'
import type { Conversation } from './conversation.ts'
import { inquire } from './inquiry.ts'
import type { ChildResponse } from './wire.ts'

/** What silence has told is asked again after this: the server may only have been slow. */
const SILENCE_MS = 60_000

/** What is known of a server's era. It is a property of the server, so one child tells for all (STDIO, Backward Compatibility). */
export class EraMemory {
  readonly #now: () => number
  #era: Era | undefined
  #until = Number.POSITIVE_INFINITY

  constructor(now: () => number) {
    this.#now = now
  }

  get known(): Era | undefined {
    return this.#now() < this.#until ? this.#era : undefined
  }

  /** An answer has told. */
  learn(era: Era): void {
    this.#era = era
    this.#until = Number.POSITIVE_INFINITY
  }

  /** No answer came, or the server went: legacy servers do that. */
  suspectLegacy(): void {
    this.#era = 'legacy'
    this.#until = this.#now() + SILENCE_MS
  }

  /** The command did not start: what starts next time may be another version. */
  forget(): void {
    this.#era = undefined
  }
}

/** What a server has said of its era. */
export interface Finding {
  readonly era: Era
  /** The modern revisions it speaks, where it has named them. */
  readonly versions: readonly string[] | undefined
}

/** Asks a child which era it speaks. */
export async function discover(conversation: Conversation, timeoutMs: number): Promise<Finding | UpstreamFailure> {
  const answer = await inquire(conversation, 'server/discover', {}, timeoutMs)
  return 'reason' in answer ? answer : judge(answer)
}

/** A discover result or an error that only the modern era has means modern; any other answer means legacy (GW-53). */
function judge({ errorCode, errorData, result }: ChildResponse): Finding {
  if (errorCode !== undefined) {
    const isModern = errorCode >= -32022 && errorCode <= -32020
    return isModern ? { era: 'modern', versions: modernOnes(errorData, 'supported') } : LEGACY
  }
  const versions = modernOnes(result, 'supportedVersions')
  return versions === undefined ? LEGACY : { era: 'modern', versions }
}

const LEGACY: Finding = { era: 'legacy', versions: undefined }

/** The modern revisions in a list that a server gives; undefined where it gives none or there are none in it. */
function modernOnes(value: unknown, member: string): readonly string[] | undefined {
  const list = typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[member] : undefined
  if (!Array.isArray(list)) return undefined
  const versions = list.filter((version) => typeof version === 'string' && eraOfRevision(version) === 'modern')
  return versions.length === 0 ? undefined : versions
}
