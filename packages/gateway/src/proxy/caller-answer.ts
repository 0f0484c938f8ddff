import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Ending, WrittenOutcome } from '@portcullis/auth/events'
import { Pieces, type Reply } from '@portcullis/auth/http'
import { mayAnnounceTask } from '@portcullis/auth/policy'
import type { EventSourceMessage } from 'eventsource-parser'
import type { Answer, UpstreamFailure } from '../upstream/upstream.ts'
import type { AnswerFilter } from './answer-filter.ts'
import { EventReader, formatEvent } from './events.ts'
import { failureReply, unrecordedReply } from './failures.ts'
import { answerFields, fieldValue } from './fields.ts'
import { mayTellOutcome, outcomeOf } from './outcome.ts'
import { sendReply } from './send.ts'

/** A caller that does not read for this long is let go, in milliseconds. */
const STALL_MS = 60_000
/** So much of an answer's end needs no watching: the kernel takes it, read or not. */
const FLUSH_BYTES = 64 * 1024
/** JSON answers beyond this are recorded as `answered` without looking inside, in bytes. */
const LOOK_BYTES = 1024 * 1024

export interface AnswerOptions {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  /** The JSON text of the request's id, for answers of our own. */
  readonly id: string | undefined
  readonly filter: AnswerFilter
  /** The largest event or held answer. */
  readonly maxBytes: number
  /** Fields of our own on every answer (CORS). */
  readonly fields: readonly string[]
  readonly course: Course
}

/** What an answer's way brings about outside of it. */
export interface Course {
  /** The upstream assigned a session: the field to send for it; a reply to send instead where there is no room. */
  onSession(upstreamSession: string): readonly string[] | Reply
  /** The upstream has answered with this status. */
  onStatus(status: number): void
  /** A stream opens: whoever watches credentials, or closes the gate, ends it. */
  onStream(stream: { abandon(outcome: WrittenOutcome, reason: string): void; closeStream(reason: string): void }): void
  /** Records the outcome; called once. `then` runs when the kernel has it, or with an error when nobody has. */
  record(ending: Omit<Ending, 'durationMs'>, then: (error?: Error) => void): void
  log(failure: UpstreamFailure): void
}

type Mode = 'waiting' | 'bytes' | 'held' | 'events' | 'done'

/**
 * The answer of an upstream on its way to the caller. Streams pass as they arrive; other answers are sent one chunk
 * late, so that the outcome is on record before the last byte leaves.
 */
export class CallerAnswer implements Answer {
  private readonly options: AnswerOptions
  private readonly response: ServerResponse
  private mode: Mode = 'waiting'
  private status = 0
  private headers: string[] = []
  /** What is held, or looked at; undefined where it is too much to look at. */
  private pieces: Pieces | undefined = new Pieces()
  /** Of what is in nobody's interest, so that only this is kept of it. */
  private foreignBytes = 0
  private isForeign = false
  private late: Uint8Array | undefined
  /** The bytes of `late` as Latin-1, where they are all there is. */
  private rough: string | undefined
  private outcome: WrittenOutcome = 'answered'
  private events: EventReader | undefined
  private leave: (() => void) | undefined
  private drain: (() => void) | undefined
  private stall: NodeJS.Timeout | undefined

  constructor(options: AnswerOptions) {
    this.options = options
    this.response = options.response
    this.response.on('close', () => {
      clearTimeout(this.stall)
      if (this.mode !== 'done') this.abandon('left')
    })
  }

  start(status: number, headers: readonly string[]): void {
    if (this.mode !== 'waiting') return
    const { options } = this
    this.status = status
    this.headers = [...answerFields(headers), ...options.fields]
    options.course.onStatus(status)
    const session = fieldValue(headers, 'mcp-session-id')
    if (session !== undefined && status < 300) {
      const fields = options.course.onSession(session)
      if ('status' in fields) return this.answerInstead(fields, 'gate', 'sessions_full')
      this.headers.push(...fields)
    }
    const type = fieldValue(headers, 'content-type')?.toLowerCase() ?? ''
    if (type.startsWith('text/event-stream')) this.startEvents()
    else this.startBytes(type, fieldValue(headers, 'content-length'))
  }

  private startEvents(): void {
    this.mode = 'events'
    this.headers.push('x-accel-buffering', 'no')
    this.response.writeHead(this.status, this.headers)
    this.response.flushHeaders()
    const { filter, maxBytes } = this.options
    this.events = new EventReader(maxBytes, {
      onEvent: (event) => this.passEvent(event),
      onLine: (line) => filter.changesEvents && this.push(Buffer.from(line)),
      onFault: (detail) => this.fail({ reason: 'broken', detail }),
    })
    this.options.course.onStream(this)
  }

  private startBytes(type: string, length: string | undefined): void {
    // What an upstream says in its own words may hold its insides, or be a page that runs in our name; JSON is what
    // the protocol shows.
    this.isForeign = !type.startsWith('application/json')
    if (this.isForeign) this.headers = withoutType(this.headers)
    this.mode = this.options.filter.holdsJson || this.isForeign ? 'held' : 'bytes'
    // A 204 has no length to state (RFC 9110 §8.6).
    if (this.mode === 'bytes' && length !== undefined && this.status !== 204)
      this.headers.push('content-length', length)
  }

  write(chunk: Uint8Array): boolean {
    if (this.mode === 'events') {
      this.events?.feed(chunk)
      // Unchanged streams go through as the bytes they are.
      return (this.mode as Mode) !== 'events' || this.options.filter.changesEvents ? this.isFlowing() : this.push(chunk)
    }
    if (this.mode === 'held') return this.hold(chunk)
    if (this.mode !== 'bytes') return true
    this.pieces?.add(chunk)
    if (this.pieces !== undefined && this.pieces.length > LOOK_BYTES) this.pieces = undefined
    const { late } = this
    this.late = chunk
    if (late === undefined) return true
    if (!this.response.headersSent) this.response.writeHead(this.status, this.headers)
    return this.push(late)
  }

  end(last?: Uint8Array): void {
    if (last !== undefined) this.write(last)
    if (this.mode === 'held') return this.endHeld()
    if (this.mode !== 'bytes' && this.mode !== 'events') return
    if (this.mode === 'bytes' && this.pieces !== undefined) this.look(this.pieces.whole())
    const wasEvents = this.mode === 'events'
    this.finish({ outcome: this.outcome, status: this.status }, () => {
      if (wasEvents || this.response.headersSent) return this.response.end(this.late)
      this.response.writeHead(this.status, this.headers)
      this.endSmall()
    })
  }

  fail(failure: UpstreamFailure, last?: Uint8Array): void {
    if (this.mode === 'done') return
    this.options.course.log(failure)
    if (last !== undefined && this.mode === 'events') return this.endFailed(failure, last)
    const leave = this.leave
    this.leave = undefined
    if (this.response.headersSent) this.abandon('upstream_failed', `upstream_${failure.reason}`)
    else this.answerInstead(failureReply(failure, this.options.id), 'upstream_failed', `upstream_${failure.reason}`)
    // The fault may have been found on our side of the upstream: it stops, too.
    leave?.()
  }

  /** The upstream has failed, and its stream ends in good order with words that say so. */
  private endFailed({ reason }: UpstreamFailure, last: Uint8Array): void {
    this.write(last)
    const { status } = this
    if ((this.mode as Mode) !== 'events') return
    this.finish({ outcome: 'upstream_failed', status, reason: `upstream_${reason}` }, () => this.response.end())
  }

  onDrain(listener: () => void): void {
    this.drain = listener
  }

  onLeave(listener: () => void): void {
    if (this.mode === 'done') listener()
    else this.leave = listener
  }

  /** Ends the answer here and now: nobody waits for it any more. */
  abandon(outcome: WrittenOutcome, reason?: string): void {
    if (this.mode === 'done') return
    const status = this.response.headersSent ? { status: this.status } : {}
    this.finish({ outcome, ...status, ...(reason === undefined ? {} : { reason }) }, () => this.response.destroy())
    // A stream is cut at once; that its end could not be recorded first is no reason to keep it open.
    this.response.destroy()
    this.leave?.()
    this.leave = undefined
  }

  /** Ends a stream that has no end of its own, in good order: its caller may open another, elsewhere or later. */
  closeStream(reason: string): void {
    if (this.mode !== 'events') return this.abandon('left', reason)
    this.finish({ outcome: this.outcome, status: this.status, reason }, () => this.response.end())
    this.leave?.()
    this.leave = undefined
  }

  /** Words of the protocol are ASCII, and so found in any reading of the bytes; most answers hold none of these. */
  private look(bytes: Uint8Array): void {
    const rough = latin1Of(bytes)
    if (bytes.length === this.late?.length) this.rough = rough
    if (mayTellOutcome(rough)) this.outcome = outcomeOf(textOf(bytes))
    if (mayAnnounceTask(rough)) this.options.filter.noteTask(textOf(bytes))
  }

  private passEvent(event: EventSourceMessage): void {
    if (this.mode !== 'events') return
    const passed = this.options.filter.pass(event)
    if (passed === undefined) return this.fail({ reason: 'broken', detail: 'a tool list that cannot be read' })
    if (passed.isResponse && this.outcome === 'answered') this.outcome = outcomeOf(passed.data)
    if (this.options.filter.changesEvents) this.push(Buffer.from(formatEvent(event, passed.data)))
  }

  private hold(chunk: Uint8Array): boolean {
    if (this.isForeign) this.foreignBytes += chunk.length
    else this.pieces?.add(chunk)
    const length = this.foreignBytes + (this.pieces?.length ?? 0)
    if (length > this.options.maxBytes) this.fail({ reason: 'broken', detail: 'the answer is too large' })
    return true
  }

  private endHeld(): void {
    if (this.isForeign) return this.endForeign()
    const { filter } = this.options
    const text = filter.passWhole(textOf((this.pieces as Pieces).whole()))
    if (text === undefined) return this.fail({ reason: 'broken', detail: 'a tool list that cannot be read' })
    this.sendHeld(text, outcomeOf(text), [])
  }

  /** Words that are not the protocol's: their status stands for them, and where an answer was due, they are none. */
  private endForeign(): void {
    const { status } = this
    if (status < 400 && this.foreignBytes > 0 && this.options.id !== undefined) {
      return this.fail({ reason: 'broken', detail: 'an answer that is neither JSON nor an event stream' })
    }
    if (status < 400 || this.foreignBytes === 0) return this.sendHeld('', 'answered', [])
    const words = `{"error":"upstream_error","error_description":"The server behind the gate answered ${status}."}`
    this.sendHeld(words, status >= 500 ? 'upstream_failed' : 'answered', ['content-type', 'application/json'])
  }

  private sendHeld(text: string, outcome: WrittenOutcome, fields: readonly string[]): void {
    const body = Buffer.from(text)
    // A 204 has no length to state (RFC 9110 §8.6).
    const length = this.status === 204 ? [] : ['content-length', String(body.length)]
    this.finish({ outcome, status: this.status }, () => {
      this.response.writeHead(this.status, [...this.headers, ...fields, ...length])
      this.response.end(body)
    })
  }

  /** Records the outcome, then sends what is left. Where nobody could record it, the answer is not given. */
  private finish(ending: Omit<Ending, 'durationMs'>, send: () => void): void {
    this.mode = 'done'
    this.options.course.record(ending, (error) => {
      clearTimeout(this.stall)
      if (error === undefined) {
        send()
        return this.boundFlush()
      }
      if (this.response.headersSent) this.response.destroy()
      else this.reply(unrecordedReply(this.options.id))
    })
  }

  /** What was handed over whole may be read by nobody: the socket's own clock, which each byte that leaves winds again. */
  private boundFlush(): void {
    const { response } = this
    if (response.writableLength > FLUSH_BYTES) response.setTimeout(STALL_MS, () => response.destroy())
  }

  private answerInstead(reply: Reply, outcome: WrittenOutcome, reason: string): void {
    this.finish({ outcome, status: reply.status, reason }, () => this.reply(reply))
    this.leave?.()
    this.leave = undefined
  }

  private endSmall(): void {
    const { response, late, rough } = this
    if (late === undefined || late.length > SMALL_BYTES) response.end(late)
    else response.end(rough ?? latin1Of(late), 'latin1')
  }

  private reply(reply: Reply): void {
    sendReply(this.options.request, this.response, reply, this.options.fields)
  }

  private push(bytes: Uint8Array): boolean {
    if (this.response.write(bytes)) return true
    this.awaitDrain()
    return false
  }

  private isFlowing(): boolean {
    if (!this.response.writableNeedDrain) return true
    this.awaitDrain()
    return false
  }

  private awaitDrain(): void {
    if (this.stall !== undefined) return
    this.stall = setTimeout(() => this.abandon('left', 'caller_stalled'), STALL_MS)
    this.response.once('drain', () => {
      clearTimeout(this.stall)
      this.stall = undefined
      this.drain?.()
    })
  }
}

/** Up to this size head and body leave as one string: one plain write costs less than gathering two. */
const SMALL_BYTES = 16 * 1024

function latin1Of(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')
}

function withoutType(headers: readonly string[]): string[] {
  const kept: string[] = []
  for (let at = 0; at < headers.length; at += 2) {
    if (headers[at] !== 'content-type') kept.push(headers[at] as string, headers[at + 1] as string)
  }
  return kept
}
