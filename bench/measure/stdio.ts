import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { Burst, Target } from '../load/job.ts'
import { INITIALIZE, INITIALIZED, REVISION } from '../load/wire.ts'
import { asPeer, configureGate, createKey, serve } from '../peers/index.ts'
import { onCore, PEER_CORE, RIG_CORE } from '../process/index.ts'
import { conclude } from '../report/index.ts'
import type { Measurement } from './measurement.ts'
import { figuresOf, foreignIn, ratiosTo, runRounds } from './rounds.ts'

const CONCURRENCY = 32

/**
 * What is left of a stdio server's speed behind the gate: the same program and tool, driven over pipes with nothing in
 * between, and over HTTP through the gate. In both the server has core 1 and whoever feeds it core 0, the driver or
 * the gate; the gate's callers share the server's core, which costs the gate, not the driver.
 */
export const stdio: Measurement = {
  ids: ['gateway.stdio'],
  async run(rig, { rounds, seconds }) {
    const [command = '', ...args] = onCore(RIG_CORE, [process.execPath, serverProgram(), 'stdio'])
    const upstream = JSON.stringify({ command, args })
    const home = await configureGate(rig, 'gate', { upstream })
    const key = await createKey(rig, home)
    const peer = asPeer(home, await serve(rig, home), await rig.writeKeys('gate.key', [key]))
    const target = { ...peer.target, session: await openSession(peer.target, key) }

    const driver = rig.startGenerator(PEER_CORE)

    const bursts: Readonly<Record<string, (warmUp: number) => Promise<Burst>>> = {
      gate: (warmUp) => rig.load.burst({ kind: 'closed', target, connections: CONCURRENCY, warmUp, seconds }),
      // It starts a new server each time, which needs its warm-up each time.
      driver: () => driver.burst({ kind: 'stdio', command, args, concurrency: CONCURRENCY, warmUp: 2, seconds }),
    }
    const runners = [peer, { name: 'driver', pid: driver.pid }]
    const samples = await runRounds(rounds, runners, ({ name }, warmUp) =>
      (bursts[name] as (typeof bursts)[string])(warmUp),
    )
    const gate = samples.get('gate') ?? []
    return [
      conclude({
        id: 'gateway.stdio',
        unit: 'req/s',
        runs: gate.map(({ rate }) => rate),
        ratios: ratiosTo(samples, 'gate'),
        foreign: foreignIn(samples, 'gate', 'driver'),
        goal: { peer: 'driver', min: 0.7 },
        peers: figuresOf(samples),
      }),
    ]
  },
}

function serverProgram(): string {
  const { resolve } = createRequire(import.meta.url)
  return join(dirname(resolve('@modelcontextprotocol/server-everything/package.json')), 'dist', 'index.js')
}

/** @returns The id of a new MCP session. */
async function openSession({ port, path }: Target, key: string): Promise<string> {
  const post = (body: string, session?: string): Promise<Response> =>
    fetch(`http://127.0.0.1:${port}${path}`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${key}`,
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        'mcp-protocol-version': REVISION,
        ...(session === undefined ? {} : { 'mcp-session-id': session }),
      },
      body,
    })
  const answer = await post(INITIALIZE)
  const session = answer.headers.get('mcp-session-id')
  if (session === null) throw new Error(`no session: ${answer.status} ${await answer.text()}`)
  await answer.text()
  await (await post(INITIALIZED, session)).text()
  return session
}
