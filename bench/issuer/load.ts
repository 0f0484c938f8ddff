/**
 * Refreshes, in as many chains as there are tokens: each sends its next request with the refresh token that its last
 * answer brought. Every answer is looked at. One job at a time over the IPC channel, one outcome for each.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'undici'
import { Histogram } from '../load/histogram.ts'
import type { Burst, Span } from '../load/job.ts'

export interface RefreshJob extends Span {
  readonly port: number
  readonly clientId: string
  /** Where the chains begin, at the first job for this port; later jobs go on where the last one ended. */
  readonly tokens: readonly string[]
}

interface Answer {
  readonly access_token?: string
  readonly refresh_token?: string
  readonly token_type?: string
  readonly expires_in?: number
}

const chains = new Map<number, string[]>()

async function run({ port, clientId, tokens, warmUp, seconds }: RefreshJob): Promise<Burst> {
  const held = chains.get(port) ?? [...tokens]
  chains.set(port, held)
  const histogram = new Histogram()
  let state: 'warming' | 'counting' | 'over' = 'warming'
  let answers = 0
  const turn = async (client: Client, at: number): Promise<void> => {
    const sentAt = performance.now()
    const form = new URLSearchParams({
      grant_type: 'refresh_token',
      refresh_token: held[at] ?? '',
      client_id: clientId,
    })
    const { statusCode, body } = await client.request({
      ...{ method: 'POST', path: '/oauth/token', body: form.toString() },
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    })
    const answer = (await body.json()) as Answer
    const next = answer.refresh_token
    const isRight = statusCode === 200 && answer.token_type === 'Bearer' && answer.expires_in === 900
    if (!isRight || next === undefined || next === held[at] || answer.access_token?.split('.').length !== 3) {
      throw new Error(`${statusCode} ${JSON.stringify(answer)}`)
    }
    held[at] = next
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

process.on('message', (job: RefreshJob) => {
  run(job)
    .catch((error: Error) => ({ kind: 'wrong', what: error.message }))
    .then((outcome) => process.send?.(outcome))
})
process.on('disconnect', () => process.exit())
