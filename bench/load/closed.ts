import { setTimeout as sleep } from 'node:timers/promises'
import { type Connection, openConnection } from './connection.ts'
import { Histogram } from './histogram.ts'
import type { Burst, Job } from './job.ts'
import { keyDrawer } from './keys.ts'
import { callRequest, ids } from './wire.ts'

/** Each connection sends its next call as soon as its last one is answered. Rejects on the first wrong answer. */
export async function runClosed(job: Extract<Job, { kind: 'closed' }>): Promise<Burst> {
  const { target } = job
  const draw = keyDrawer(target.keys)
  const request = callRequest(target)
  const nextId = ids()
  const histogram = new Histogram()
  const sentAt = new Map<Connection, number>()
  const { promise: broken, reject: failed } = Promise.withResolvers<never>()
  broken.catch(() => {}) // may come while nobody races against it
  let counting = false
  let answers = 0

  const send = (connection: Connection): void => {
    const id = nextId()
    sentAt.set(connection, performance.now())
    connection.send(request(draw(), id), id)
  }
  const answered = (connection: Connection): void => {
    answers++
    if (counting) histogram.record(performance.now() - (sentAt.get(connection) ?? 0))
    send(connection)
  }

  const connections = await Promise.all(
    Array.from({ length: job.connections }, () => openConnection(target.port, { answered, failed })),
  )
  try {
    connections.forEach(send)
    await Promise.race([broken, sleep(job.warmUp * 1000)])
    const from = performance.now()
    counting = true
    await Promise.race([broken, sleep(job.seconds * 1000)])
    const seconds = (performance.now() - from) / 1000
    return {
      kind: 'burst',
      rate: histogram.count / seconds,
      ...histogram.summary(),
      answers,
    }
  } finally {
    for (const connection of connections) connection.close()
  }
}
