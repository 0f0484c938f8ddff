/**
 * Refreshes, in as many chains as there are tokens: each sends its next request with the refresh token that its last
 * answer brought. Or code flows, as many at a time. Every answer is looked at. One job at a time over the IPC channel,
 * one outcome for each.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'undici'
import { Histogram } from '../load/histogram.ts'
import type { Burst, Span } from '../load/job.ts'
import { answerJobs } from '../process/jobs.ts'
import { codeFlow, redeem, type Said } from './flow.ts'

export interface TokenJob extends Span {
  readonly kind: 'refresh' | 'code-flow'
  readonly port: number
  /** Its tokens begin the chains, at the first job for this port; later jobs go on where the last one ended. */
  readonly said: Said
}

const chains = new Map<number, string[]>()

async function run({ kind, port, said, warmUp, seconds }: TokenJob): Promise<Burst> {
  const held = chains.get(port) ?? [...said.tokens]
  chains.set(port, held)
  const histogram = new Histogram()
  let state: 'warming' | 'counting' | 'over' = 'warming'
  let answers = 0
  const turn = async (client: Client, at: number): Promise<void> => {
    const sentAt = performance.now()
    if (kind === 'code-flow') await codeFlow(client, said)
    else {
      const fields = { grant_type: 'refresh_token', refresh_token: held[at] ?? '', resource: said.resource }
      held[at] = (await redeem(client, said, fields)).refresh_token
    }
    answers++
    if (state === 'counting') histogram.record(performance.now() - sentAt)
  }
  const chain = async (_: string, at: number): Promise<void> => {
    const client = new Client(`http://127.0.0.1:${port}`)
    try {
      while (state !== 'over') await turn(client, at)
    } finally {
      await client.close()
    }
  }
  const all = Promise.all(held.map(chain))
  await Promise.race([all, sleep(warmUp * 1000)])
  state = 'counting'
  const from = performance.now()
  await Promise.race([all, sleep(seconds * 1000)])
  const span = (performance.now() - from) / 1000
  const { count } = histogram
  state = 'over'
  await all
  return { kind: 'burst', rate: count / span, ...histogram.summary(), answers }
}

answerJobs(run)
