import { setTimeout as sleep } from 'node:timers/promises'
import type { StartDriver, StdioDriver } from './driver.ts'
import { Histogram } from './histogram.ts'
import type { Burst, Job } from './job.ts'
import { startPump } from './pump.ts'

type StdioJob = Extract<Job, { kind: 'stdio' }>

const START: Readonly<Record<StdioJob['driver'], StartDriver>> = {
  pump: startPump,
  // Loaded where it is asked for: other generators stay as small as they are.
  sdk: async (command, args) => (await import('./sdk-client.ts')).startSdkClient(command, args),
}

const drivers = new Map<string, Promise<StdioDriver>>()

/** Each of as many callers as asked makes its next call when its last one is answered. Rejects on the first wrong answer. */
export async function runStdio(job: StdioJob): Promise<Burst> {
  const { call } = await driverOf(job)
  const histogram = new Histogram()
  const { promise: broken, reject: failed } = Promise.withResolvers<never>()
  broken.catch(() => {}) // may come while nobody races against it
  let counting = false
  let running = true
  let answers = 0

  const caller = async (): Promise<void> => {
    while (running) {
      const from = performance.now()
      await call()
      answers++
      if (counting) histogram.record(performance.now() - from)
    }
  }

  try {
    const callers = Array.from({ length: job.concurrency }, () => caller().catch(failed))
    await Promise.race([broken, sleep(job.warmUp * 1000)])
    counting = true
    const from = performance.now()
    await Promise.race([broken, sleep(job.seconds * 1000)])
    const [rate, summary] = [histogram.count / ((performance.now() - from) / 1000), histogram.summary()]
    running = false
    await Promise.race([broken, Promise.all(callers)]) // the next burst finds the server at rest
    return { kind: 'burst', rate, ...summary, answers }
  } finally {
    running = false
  }
}

/** Kept from burst to burst: its server is then as warm as those that stand behind the other peers. */
function driverOf({ driver, command, args }: StdioJob): Promise<StdioDriver> {
  const key = JSON.stringify([driver, command, args])
  const known = drivers.get(key) ?? START[driver](command, args)
  drivers.set(key, known)
  return known
}
