import { setTimeout as sleep } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { type Connection, openConnection } from './connection.ts'
import { Histogram } from './histogram.ts'
import type { Burst, Job } from './job.ts'
import { keyDrawer } from './keys.ts'
import { callRequest, ids } from './wire.ts'

/**
 * Calls are due on a fixed schedule. Latency counts from the moment a call is due, so that a peer that falls behind
 * cannot hide it by slowing the generator down. Rejects on the first wrong answer.
 */
export async function runOpen(job: Extract<Job, { kind: 'open' }>): Promise<Burst> {
  const { target } = job
  const draw = keyDrawer(target.keys)
  const request = callRequest(target)
  const nextId = ids()
  const histogram = new Histogram()
  const idle: Connection[] = []
  const late: number[] = []
  const dueAt = new Map<Connection, number>()
  const { promise: broken, reject: failed } = Promise.withResolvers<never>()
  broken.catch(() => {}) // may come while nobody races against it
  const gap = 1000 / job.rate
  let answers = 0
  let countFrom = Number.POSITIVE_INFINITY

  const send = (connection: Connection, due: number): void => {
    const id = nextId()
    dueAt.set(connection, due)
    connection.send(request(draw(), id), id)
  }
  const answered = (connection: Connection): void => {
    answers++
    const due = dueAt.get(connection) ?? 0
    if (due >= countFrom) histogram.record(performance.now() - due)
    const next = late.shift()
    if (next === undefined) idle.push(connection)
    else send(connection, next)
  }

  const connections = await Promise.all(
    Array.from({ length: job.connections }, () => openConnection(target.port, { answered, failed })),
  )
  idle.push(...connections)
  const start = performance.now()
  let sent = 0
  const pacer = startPacer(gap, () => {
    for (let due = start + sent * gap; due <= performance.now(); due = start + ++sent * gap) {
      const connection = idle.pop()
      if (connection === undefined) late.push(due)
      else send(connection, due)
    }
  })
  try {
    await Promise.race([broken, sleep(job.warmUp * 1000)])
    countFrom = performance.now()
    await Promise.race([broken, sleep(job.seconds * 1000)])
    return {
      kind: 'burst',
      rate: histogram.count / ((performance.now() - countFrom) / 1000),
      ...histogram.summary(),
      answers,
    }
  } finally {
    await pacer.terminate()
    for (const connection of connections) connection.close()
  }
}

/**
 * Calls `tick` about every `gap` milliseconds. A timer of the event loop knows whole milliseconds only, and would send
 * in batches that queue behind one another; spinning would take the core from the upstream. So a thread sleeps instead.
 */
function startPacer(gap: number, tick: () => void): Worker {
  const worker = new Worker(
    `const { parentPort, workerData } = require('node:worker_threads')
     const cell = new Int32Array(new SharedArrayBuffer(4))
     for (;;) { Atomics.wait(cell, 0, 0, workerData); parentPort.postMessage(0) }`,
    { eval: true, workerData: gap },
  )
  worker.on('message', tick)
  return worker
}
