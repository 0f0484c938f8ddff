import { connect, type Socket } from 'node:net'
import type { Held, Job, Target } from './job.ts'
import { keyDrawer } from './keys.ts'
import { streamRequest } from './wire.ts'

/** Few enough at a time that no backlog overflows: what is asked is how many a peer holds, not how fast it accepts. */
const BATCH = 50
const PATIENCE_MS = 15_000

const held = new Set<Socket>()

type Opening = 'open' | 'broken' | `${number}`

/** Opens streams in batches, beside those that are open already, and holds them until this process ends. */
export async function openStreams(job: Extract<Job, { kind: 'streams' }>): Promise<Held> {
  const { target } = job
  const draw = keyDrawer(target.keys)
  const refused: Record<string, number> = {}
  const before = held.size
  for (let asked = 0; asked < job.count; asked += BATCH) {
    const batch = Array.from({ length: Math.min(BATCH, job.count - asked) }, () => openOne(target, draw()))
    for (const opening of await Promise.all(batch)) {
      if (opening !== 'open' && opening !== 'broken') refused[opening] = (refused[opening] ?? 0) + 1
    }
  }
  // What is open is counted at the end: a stream that was cut after its first event was not held.
  const open = held.size - before
  const answered = Object.values(refused).reduce((total, count) => total + count, open)
  return { kind: 'held', open, refused, broken: job.count - answered }
}

/** Settles with the first event, or with the status when it is not 200. */
function openOne(target: Target, key: string): Promise<Opening> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port: target.port, noDelay: true })
    let text = ''
    const end = (opening: Opening): void => {
      clearTimeout(impatience)
      if (opening !== 'open') socket.destroy()
      resolve(opening)
    }
    const impatience = setTimeout(() => end('broken'), PATIENCE_MS)
    const read = (chunk: Buffer): void => {
      text += chunk.toString('latin1')
      const status = text.includes('\r\n\r\n') ? /^HTTP\/1\.1 (\d{3}) /.exec(text)?.[1] : undefined
      if (status === '200' && text.includes('data: {')) {
        socket.off('data', read).resume()
        held.add(socket)
        end('open')
      } else if (status !== undefined && status !== '200') end(status as Opening)
    }
    socket.on('data', read)
    socket.on('error', () => end('broken'))
    socket.on('close', () => {
      held.delete(socket)
      end('broken')
    })
    socket.write(streamRequest(target, key), 'latin1')
  })
}
