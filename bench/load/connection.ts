import { connect, type Socket } from 'node:net'
import { isWholeAnswer } from './answer.ts'

/** A keep-alive connection with at most one call under way. */
export interface Connection {
  send(request: string, id: number): void
  close(): void
}

export interface Listener {
  answered(connection: Connection): void
  /** A wrong answer or a lost connection; nothing more comes from this one. */
  failed(error: Error): void
}

export async function openConnection(port: number, listener: Listener): Promise<Connection> {
  let awaited: number | undefined
  let text = ''

  const read = (length: number, buffer: Uint8Array): boolean => {
    try {
      if (awaited === undefined) throw new Error('an answer that nobody asked for')
      text += (buffer as Buffer).toString('latin1', 0, length)
      if (isWholeAnswer(text, awaited)) {
        awaited = undefined
        text = ''
        listener.answered(connection)
      }
    } catch (error) {
      fail(error as Error)
    }
    return true
  }

  // One buffer per connection, read in place: `data` events would allocate one for every answer.
  const onread = { buffer: Buffer.allocUnsafe(16_384), callback: read }
  const socket = await connected(connect({ host: '127.0.0.1', port, noDelay: true, onread } as never))

  let closing = false
  const fail = (error: Error): void => {
    if (closing) return
    closing = true
    socket.destroy()
    listener.failed(error)
  }
  socket.on('error', fail)
  socket.on('close', () => fail(new Error('the peer closed a connection')))

  const connection: Connection = {
    send(request, id) {
      awaited = id
      socket.write(request, 'latin1')
    },
    close() {
      closing = true
      socket.destroy()
    },
  }
  return connection
}

function connected(socket: Socket): Promise<Socket> {
  return new Promise((resolve, reject) => {
    socket.once('error', reject)
    socket.once('connect', () => {
      socket.off('error', reject)
      resolve(socket)
    })
  })
}
