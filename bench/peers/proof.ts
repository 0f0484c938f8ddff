import type { Peer } from './peer.ts'

/** @throws {Error} when a peer that is said to check credentials lets a wrong one through: its figure would be worth nothing. */
export async function proveThatItChecks({ name, target }: Peer): Promise<void> {
  const answer = await fetch(`http://127.0.0.1:${target.port}${target.path}`, {
    method: 'POST',
    headers: {
      authorization: 'Bearer wrong',
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
    },
    body: '{"jsonrpc":"2.0","id":1,"method":"ping"}',
  })
  await answer.arrayBuffer()
  if (answer.status !== 401) throw new Error(`${name} answered a wrong credential with ${answer.status}`)
}
