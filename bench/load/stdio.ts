import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { Histogram } from './histogram.ts'
import type { Burst, Job } from './job.ts'
import { callMessage, INITIALIZE, INITIALIZED, ids } from './wire.ts'

type Message = { readonly id?: number; readonly result?: unknown; readonly method?: string }

/** Drives a stdio server with nothing in between: as many calls under way as asked, one line of JSON each. */
export async function runStdio(job: Extract<Job, { kind: 'stdio' }>): Promise<Burst> {
  const server = spawn(job.command, job.args, { stdio: ['pipe', 'pipe', 'ignore'] })
  const waiting = new Map<number, (message: Message) => void>()
  const nextId = ids()
  const histogram = new Histogram()
  const { promise: broken, reject: failed } = Promise.withResolvers<never>()
  broken.catch(() => {}) // may come while nobody races against it
  let counting = false
  let running = true
  let answers = 0

  server.on('error', failed)
  server.on('exit', () => failed(new Error('the server ended')))
  createInterface(server.stdout).on('line', (line) => {
    const message = JSON.parse(line) as Message
    // Without a result it is the server's own notification, or an error, which no call here deserves.
    if (message.id === undefined || message.method !== undefined) return
    const take = waiting.get(message.id)
    waiting.delete(message.id)
    if (take === undefined || message.result === undefined) failed(new Error(`answered ${line}`))
    else take(message)
  })
  const ask = (id: number, line: string): Promise<Message> => {
    const answer = new Promise<Message>((resolve) => waiting.set(id, resolve))
    server.stdin.write(`${line}\n`)
    return answer
  }
  const caller = async (): Promise<void> => {
    while (running) {
      const from = performance.now()
      const id = nextId()
      await ask(id, callMessage(id))
      answers++
      if (counting) histogram.record(performance.now() - from)
    }
  }

  try {
    await Promise.race([broken, ask(1, INITIALIZE)])
    server.stdin.write(`${INITIALIZED}\n`)
    for (let n = 0; n < job.concurrency; n++) caller().catch(failed)
    await Promise.race([broken, sleep(job.warmUp * 1000)])
    counting = true
    const from = performance.now()
    await Promise.race([broken, sleep(job.seconds * 1000)])
    const seconds = (performance.now() - from) / 1000
    return { kind: 'burst', rate: histogram.count / seconds, ...histogram.summary(), answers }
  } finally {
    running = false
    server.kill()
  }
}
