import { checkMirroredParams, type Incoming, type MirroredParam, type RequestMessage } from '@portcullis/auth/protocol'
import type { Call, UpstreamFailure } from '../upstream.ts'
import type { Child } from './child.ts'
import type { Exchange } from './exchange.ts'
import type { Settings } from './options.ts'
import { headerMismatch, type Refusal, versionUnsupported } from './refusals.ts'
import { ToolList } from './tool-list.ts'
import { type ChildMessage, isAboutContents, numbered, spellingOf } from './wire.ts'

const VERSION = 'io.modelcontextprotocol/protocolVersion'
const LOG_LEVEL = 'io.modelcontextprotocol/logLevel'

/** A child of the modern era, and what an HTTP server would check before its handlers do. */
export class ModernChild {
  readonly child: Child
  readonly #versions: readonly string[] | undefined
  readonly #tools: ToolList
  readonly #settings: Settings

  /** @param versions The modern revisions the server speaks, where it has named them. */
  constructor(child: Child, versions: readonly string[] | undefined, settings: Settings) {
    this.child = child
    this.#versions = versions
    this.#tools = new ToolList(child.conversation, settings.probeTimeoutMs, settings.now)
    this.#settings = settings
  }

  /** A child judges by its first message only what a server over HTTP judges by each. */
  versionRefusal(request: RequestMessage): Refusal | undefined {
    const version = metaOf(request)[VERSION]
    const isUnknown = this.#versions?.includes(version as string) === false
    return isUnknown ? versionUnsupported(version, this.#versions ?? []) : undefined
  }

  /** What the headers of a request must repeat. A promise only where the child's tools are not known yet. */
  paramsOf({ method, name }: RequestMessage): readonly MirroredParam[] | Promise<readonly MirroredParam[]> {
    return method === 'tools/call' && name !== undefined ? this.#tools.paramsOf(name) : []
  }

  /** @returns The request's number, or why it was not sent. */
  ask(incoming: Incoming, request: RequestMessage, exchange: Exchange): number | UpstreamFailure {
    exchange.drawFrom(this.child.program)
    const question = {
      ...spellingOf(incoming, 0, request),
      method: request.method,
      asker: exchange,
      wantsLogs: LOG_LEVEL in metaOf(request),
      timeoutMs: this.#settings.answerTimeoutMs,
    }
    return this.child.conversation.ask(question, (number) => numbered(incoming, 0, number))
  }
}

/** What names no request: log messages go to the latest one that asked for them. Questions are of the other era. */
export function placeModern(
  { conversation }: Child,
  text: string,
  message: ChildMessage,
  { log, name }: Settings,
): void {
  const isLog = message.kind === 'notification' && message.method === 'notifications/message'
  const isStray = message.kind !== 'notification' || isAboutContents(message)
  const pending = isLog ? conversation.latestStream(true) : isStray ? undefined : conversation.onlyStream()
  if (pending !== undefined) conversation.tell(pending, text)
  else {
    const level = message.kind === 'request' ? 'warn' : 'debug'
    log(level, 'a message that belongs to no request was dropped', { server: name })
  }
}

/** Why a request is refused whose headers do not say what its arguments say. */
export function headersRefusal(
  params: readonly MirroredParam[],
  request: RequestMessage,
  call: Call,
): Refusal | undefined {
  const fault = checkMirroredParams(params, request.params?.arguments, (name) => fieldOf(call.headers, name))
  return fault === undefined ? undefined : headerMismatch(fault.message)
}

/** The value of a field; of one that came more often, all of them as HTTP would join them. */
function fieldOf(headers: readonly string[], name: string): string | undefined {
  const values = headers.filter((_, at) => at % 2 === 1 && headers[at - 1] === name)
  return values.length === 0 ? undefined : values.join(', ')
}

function metaOf(request: RequestMessage): Readonly<Record<string, unknown>> {
  const meta = request.params?._meta
  return typeof meta === 'object' && meta !== null ? (meta as Record<string, unknown>) : {}
}
