import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { proveResult, type Reply } from './answer.ts'
import type { StartDriver } from './driver.ts'
import { callMessage, INITIALIZE, INITIALIZED, ids } from './wire.ts'

type Message = Reply & { readonly id?: number; readonly method?: string }

/**
 * The least that can drive a stdio server: lines that were written beforehand, but for the id, go into its pipe, and
 * each that comes back is parsed once and told apart by its id. It speaks no HTTP and looks at no message's form.
 */
export const startPump: StartDriver = async (command, args) => {
  const server = spawn(command, args, { stdio: ['pipe', 'pipe', 'ignore'] })
  const waiting = new Map<number, PromiseWithResolvers<void>>()
  const nextId = ids()

  const breakOff = (error: Error): void => {
    for (const { reject } of waiting.values()) reject(error)
    waiting.clear()
  }
  const ended = (): void => breakOff(new Error('the server ended'))
  server.on('error', breakOff)
  server.stdin.on('error', ended) // may come before its end is known
  server.on('exit', ended)
  createInterface(server.stdout).on('line', (line) => {
    try {
      const message = JSON.parse(line) as Message
      if (message.method !== undefined) return // the server's own notification
      const { id = -1 } = message
      const call = waiting.get(id)
      if (call === undefined) throw new Error(`an answer that nobody asked for: ${line}`)
      proveResult(message, id)
      waiting.delete(id)
      call.resolve()
    } catch (error) {
      breakOff(error as Error)
    }
  })

  const ask = (id: number, line: string): Promise<void> => {
    const call = Promise.withResolvers<void>()
    waiting.set(id, call)
    server.stdin.write(`${line}\n`)
    return call.promise
  }
  await ask(1, INITIALIZE)
  server.stdin.write(`${INITIALIZED}\n`)
  return {
    call() {
      const id = nextId()
      return ask(id, callMessage(id))
    },
  }
}
