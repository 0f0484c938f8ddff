import type { Burst, Target } from '../load/job.ts'
import {
  asPeer,
  configureGate,
  createKey,
  endSession,
  everythingServer,
  inSession,
  type Peer,
  serve,
  startBareStdio,
  startOwnHttp,
} from '../peers/index.ts'
import { onCore, PEER_CORE, RIG_CORE } from '../process/index.ts'
import { conclude } from '../report/index.ts'
import type { Rig } from '../rig.ts'
import type { Effort, Measurement } from './measurement.ts'
import { figuresOf, foreignIn, ratiosTo, runRounds } from './rounds.ts'

const CONCURRENCY = 32

/** One way to the server, and a burst of calls that takes it. */
interface Way extends Pick<Peer, 'name' | 'pid'> {
  burst(warmUp: number): Promise<Burst>
}

/**
 * What is left of a stdio server's speed behind the gate: the same program and tool, with as many calls under way, by
 * five ways. The process under test has core 0; the server has core 1.
 *
 *   gate        HTTP → gate → pipes → server
 *   sdk-stdio   official client → pipes → server: driven directly, as by whoever does not write a client of their own.
 *               The goal is held against it. The callers live in the client's process: its CPU time is theirs, too.
 *   bare-stdio  HTTP → a forwarder that checks nothing → pipes → server: what any front on `node:http` pays.
 *   own-http    HTTP → server, which is itself the process under test: what it offers without a gate to whoever is not
 *               on its machine. It checks no credential.
 *   pump        finished lines → pipes → server: how fast the server is.
 *
 * No front on `node:http` reaches the goal, as `bare-stdio` shows: one pipe carries many lines per system call and
 * awakening, each HTTP call needs its own. And the generator of HTTP calls has to share core 1 with the server.
 */
export const stdio: Measurement = {
  ids: ['gateway.stdio'],
  async run(rig, effort) {
    const server = onCore(RIG_CORE, everythingServer('stdio'))
    const ways = [
      await inOneSession(rig, await gateBefore(rig, server), effort),
      driven(rig, 'sdk', server, effort),
      await inOneSession(rig, await startBareStdio(rig, server), effort),
      inSessions(rig, await startOwnHttp(rig), effort),
      driven(rig, 'pump', server, effort),
    ]
    const samples = await runRounds(effort.rounds, ways, ({ burst }, warmUp) => burst(warmUp))
    const gate = samples.get('gate') ?? []
    return [
      conclude({
        id: 'gateway.stdio',
        unit: 'req/s',
        runs: gate.map(({ rate }) => rate),
        ratios: ratiosTo(samples, 'gate'),
        foreign: foreignIn(samples, 'gate', 'sdk-stdio'),
        goal: { peer: 'sdk-stdio', min: 0.7 },
        peers: figuresOf(samples),
      }),
    ]
  },
}

async function gateBefore(rig: Rig, [command, ...args]: readonly string[]): Promise<Peer> {
  const home = await configureGate(rig, 'gate', { upstream: JSON.stringify({ command, args }) })
  const keys = await rig.writeKeys('gate.key', [await createKey(rig, home)])
  return asPeer(home, await serve(rig, home), keys)
}

async function inOneSession(rig: Rig, { name, pid, target }: Peer, effort: Effort): Promise<Way> {
  const opened = await inSession(target)
  return { name, pid, burst: (warmUp) => callsOf(rig, opened, warmUp, effort) }
}

/** In a session for each burst: for as long as one lasts, the server's own HTTP keeps whatever it has answered. */
function inSessions(rig: Rig, { name, pid, target }: Peer, effort: Effort): Way {
  return {
    name,
    pid,
    async burst(warmUp) {
      const opened = await inSession(target)
      const found = await callsOf(rig, opened, warmUp, effort)
      await endSession(opened)
      return found
    },
  }
}

function callsOf({ load }: Rig, target: Target, warmUp: number, { seconds }: Effort): Promise<Burst> {
  return load.burst({ kind: 'closed', target, connections: CONCURRENCY, warmUp, seconds })
}

function driven(rig: Rig, driver: 'pump' | 'sdk', [command = '', ...args]: readonly string[], effort: Effort): Way {
  const generator = rig.startGenerator(PEER_CORE)
  const job = { kind: 'stdio', driver, command, args, concurrency: CONCURRENCY, seconds: effort.seconds } as const
  return {
    name: driver === 'sdk' ? 'sdk-stdio' : 'pump',
    pid: generator.pid,
    burst: (warmUp) => generator.burst({ ...job, warmUp }),
  }
}
