import { readFile } from 'node:fs/promises'
import type { Target } from '../load/job.ts'
import { INITIALIZE, INITIALIZED, REVISION } from '../load/wire.ts'

/** Initializes with the first of the target's keys. @returns The target whose calls belong to the session, if there is one. */
export async function inSession(target: Target): Promise<Target> {
  const answer = await send('POST', target, INITIALIZE)
  const text = await answer.text()
  if (answer.status !== 200) throw new Error(`not initialized: ${answer.status} ${text}`)
  const session = answer.headers.get('mcp-session-id')
  const opened = session === null ? target : { ...target, session }
  await (await send('POST', opened, INITIALIZED)).text()
  return opened
}

export async function endSession(target: Target): Promise<void> {
  await (await send('DELETE', target)).text()
}

async function send(method: string, { port, path, keys, session }: Target, body?: string): Promise<Response> {
  const [key] = (await readFile(keys, 'latin1')).split('\n')
  return fetch(`http://127.0.0.1:${port}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${key}`,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      'mcp-protocol-version': REVISION,
      ...(session === undefined ? {} : { 'mcp-session-id': session }),
    },
    ...(body === undefined ? {} : { body }),
  })
}
