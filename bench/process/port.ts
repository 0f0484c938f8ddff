import { connect, createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Child } from './child.ts'

/** A port of 127.0.0.1 that nobody listens on at this moment. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().on('error', reject)
    server.listen({ host: '127.0.0.1', port: 0 }, () => {
      const address = server.address()
      server.close(() =>
        typeof address === 'object' && address ? resolve(address.port) : reject(new Error('no port')),
      )
    })
  })
}

/** Waits until `child` accepts connections at `port`. Rejects when it ends instead, or takes longer than `seconds`. */
export async function untilAnswers(child: Child, port: number, seconds = 15): Promise<void> {
  const until = performance.now() + seconds * 1000
  while (!(await accepts(port))) {
    if (child.process.exitCode !== null) throw new Error(`ended before it was ready: ${child.complaints()}`)
    if (performance.now() > until) throw new Error(`not ready after ${seconds} s: ${child.complaints()}`)
    await sleep(20)
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port })
    socket.on('connect', () => resolve(true)).on('error', () => resolve(false))
    socket.on('connect', () => socket.destroy())
  })
}
