/** Fastify. Types by structure: nothing of it is imported. */
import { type Admission, type Body, expectGuard, type McpGuard } from '../entry/index.ts'
import type { Reply } from '../http/index.ts'
import { documentFor } from './document.ts'
import type { NodeResponse } from './node-answer.ts'
import { toBody } from './node-body.ts'
import { handOn, type NodeRequest, targetOf, visitOf } from './node-request.ts'

/** What is used of Fastify's request. */
export interface FastifyRequest {
  readonly raw: NodeRequest
  body?: unknown
}

/** What is used of Fastify's reply. */
export interface FastifyReply {
  readonly raw: NodeResponse
  hijack(): unknown
  code(status: number): unknown
  header(name: string, value: string): unknown
  send(body: string): unknown
}

/** A request whose body may still be asked for. */
interface Coming {
  readonly admission: Promise<Admission>
  give(body: Body): void
}

/** A hook by structure, so that Fastify's own types take it. */
export type Hook = (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>

/**
 * Protects a route. Who is refused is answered; for others `request.raw.auth` is set, and `request.body` is what was
 * decided about. Strangers are turned away before Fastify reads their bodies; it reads the others', up to its `bodyLimit`.
 *
 *     app.all('/mcp', protect(gate), onRaw(toNodeHandler(createMcpHandler(createNotes))))
 */
export function protect(guard: McpGuard): { readonly onRequest: Hook; readonly preHandler: Hook } {
  expectGuard(guard, 'protect(gate)')
  const coming = new WeakMap<NodeRequest, Coming>()
  return {
    async onRequest({ raw }, reply) {
      const asked = promised<undefined>()
      const body = promised<Body>()
      const admission = guard.admit(visitOf(raw), () => {
        asked.keep(undefined)
        return body.promise
      })
      coming.set(raw, { admission, give: body.keep })
      // Where Fastify cannot read the body, or its sender leaves, nobody gives it.
      let isAnswered = false
      reply.raw.once('finish', () => {
        isAnswered = true
      })
      reply.raw.once('close', () => body.keep(isAnswered ? undefined : { kind: 'left' }))
      const early = await Promise.race([admission, asked.promise])
      return early?.kind === 'refused' ? answer(reply, early.reply) : undefined
    },
    async preHandler(request, reply) {
      const { raw } = request
      const { admission, give } = coming.get(raw) as Coming
      give(toBody(request.body))
      const admitted = await admission
      if (admitted.kind === 'refused') return answer(reply, admitted.reply)
      const passage = handOn(admitted.passage, raw, reply.raw)
      if (passage?.incoming !== undefined) request.body = passage.message
      return undefined
    },
  }
}

function promised<Value>(): { readonly promise: Promise<Value>; readonly keep: (value: Value) => void } {
  let keep: (value: Value) => void = () => {}
  const promise = new Promise<Value>((resolve) => {
    keep = resolve
  })
  return { promise, keep }
}

/** A handler of `node:http` as a Fastify handler: it answers by itself, with the body as its third argument. */
export function onRaw(
  handler: (request: never, response: never, body?: unknown) => unknown,
): (request: FastifyRequest, reply: FastifyReply) => Promise<void> {
  return async (request, reply) => {
    reply.hijack()
    await handler(request.raw as never, reply.raw as never, request.body)
  }
}

/** Serves the protected resource metadata of these guards: `app.addHook('onRequest', metadata(gate))`. */
export function metadata(...guards: readonly McpGuard[]): Hook {
  return async ({ raw }, reply) => {
    const document = documentFor(guards, raw.method, targetOf(raw))
    return document && answer(reply, document)
  }
}

function answer(reply: FastifyReply, { status, headers, body }: Reply): FastifyReply {
  reply.code(status)
  for (let at = 0; at < headers.length; at += 2) reply.header(headers[at] as string, headers[at + 1] as string)
  reply.send(body)
  return reply
}
