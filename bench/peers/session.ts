import { readFile } from 'node:fs/promises'
import type { Target } from '../load/job.ts'
import { INITIALIZE, INITIALIZED, REVISION } from '../load/wire.ts'

/** Opens an MCP session with the first of the target's keys. @returns The target whose calls belong to it. */
export async function inSession(target: Target): Promise<Target> {
  const answer = await send('POST', target, INITIALIZE)
  const session = answer.headers.get('mcp-session-id')
  const text = await answer.text()
  if (session === null) throw new Error(`no session: ${answer.status} ${text}`)
  const opened = { ...target, session }
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
