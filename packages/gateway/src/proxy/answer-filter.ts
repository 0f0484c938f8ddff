import { announcedTask, type ListRules, shortenLists } from '@portcullis/auth/policy'
import { isObject } from '@portcullis/auth/protocol'
import type { EventSourceMessage } from 'eventsource-parser'
import type { Conversation } from '../sessions/index.ts'
import { canonicalIdIn } from './canonical-id.ts'

/** What one message of the upstream is, as far as the gate has to know. */
type Seen = 'request' | 'notification' | 'response' | 'other'

export interface FilterOptions {
  /** The caller does not see every tool. */
  readonly isLimited: boolean
  /** Whether the answer to this very request is a list to be shortened. */
  readonly shortensList: boolean
  readonly caller: FilteredCaller
}

/** For whom an answer is filtered. */
export interface FilteredCaller {
  listRules(): ListRules
  /** Where the server's requests are noted; undefined in an era that has none. */
  conversation(): Conversation | undefined
  /** The caller has a new task. */
  onTask(taskId: string): void
}

/**
 * What the gate does to messages on their way to the caller: notes the server's requests, so that only they can be
 * answered, notes whose a task is, and shortens lists to what the caller may see.
 */
export class AnswerFilter {
  private readonly options: FilterOptions

  constructor(options: FilterOptions) {
    this.options = options
  }

  /**
   * Whether messages of a stream may have to be changed, so that none may leave before it was looked at. For a limited
   * caller that is every stream: a list that was missed on one can be replayed on another (`Last-Event-ID`).
   */
  get changesEvents(): boolean {
    return this.options.shortensList || this.options.isLimited
  }

  /** Whether a JSON answer must be held until it is whole. */
  get holdsJson(): boolean {
    return this.options.shortensList
  }

  /**
   * @returns the data to send in place of the event's own, and whether it was the answer to a request; undefined when
   *   it cannot be shown.
   */
  pass(event: EventSourceMessage): { readonly data: string; readonly isResponse: boolean } | undefined {
    const { data } = event
    const isResponse = this.look(data) === 'response'
    if (!isResponse) return { data, isResponse }
    this.noteTask(data)
    const shown = this.changesEvents ? this.shorten(data) : data
    return shown === undefined ? undefined : { data: shown, isResponse }
  }

  /** A JSON answer, whole: one response, or the responses of a batch. */
  passWhole(text: string): string | undefined {
    this.noteTask(text)
    return this.options.shortensList ? this.shorten(text) : text
  }

  /** A JSON answer that is on its way already. */
  noteTask(text: string): void {
    const taskId = announcedTask(text)
    if (taskId !== undefined) this.options.caller.onTask(taskId)
  }

  private shorten(text: string): string | undefined {
    const value = parse(text)
    const rules = this.options.caller.listRules()
    if (!Array.isArray(value)) return shortenLists(text, rules)
    // A batch is rare enough to be written anew: each answer is shortened alone.
    const answers = value.map((answer) => shortenLists(JSON.stringify(answer), rules))
    return answers.includes(undefined) ? undefined : `[${answers.join(',')}]`
  }

  private look(data: string): Seen {
    // An event without data only names its stream's place (SEP-1699).
    if (data === '') return 'other'
    // What goes to a limited caller is read whole: no search finds a key that is spelled with escapes.
    const isRead = this.changesEvents
    if (!isRead && !data.includes('"method"')) return data.includes('"jsonrpc"') ? 'response' : 'other'
    const value = parse(data)
    if (!isObject(value)) return isRead || Array.isArray(value) ? 'response' : 'other'
    // One that is both is what its reader takes it for.
    if (typeof value.method !== 'string' || 'result' in value) return 'response'
    if (value.id === undefined) return 'notification'
    this.options.caller.conversation()?.ask(canonicalIdIn(value, data))
    return 'request'
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
