import type { Burst, Job } from '../load/job.ts'
import {
  asPeer,
  configureGate,
  createKey,
  endSession,
  everythingServer,
  inSession,
  type Peer,
  serve,
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
 * four ways. The process under test has core 0; the server has core 1.
 *
 *   gate        HTTP → gate → pipes → server
 *   sdk-stdio   official client → pipes → server: driven directly, as by whoever does not write a client of their own.
 *               The goal is held against it. The callers live in the client's process: its CPU time is theirs, too.
 *   own-http    HTTP → server, which is itself the process under test: what it offers without a gate to whoever is not
 *               on its machine. It checks no credential.
 *   pump        finished lines → pipes → server: how fast the server is.
 *
 * What speaks HTTP reaches neither `pump` nor `sdk-stdio`. They have one pipe each way, where the lines of many calls
 * travel with one system call and one awakening; over HTTP each call has a connection, a head, a read and a write of
 * its own, at the cost that `bare` shows. And its generator has to share core 1 with the server.
 */
export const stdio: Measurement = {
  ids: ['gateway.stdio'],
  async run(rig, effort) {
    const [command = '', ...args] = onCore(RIG_CORE, everythingServer('stdio'))
    const server = { command, args }
    const ways = [
      await throughGate(rig, server, effort),
      driven(rig, 'sdk', server, effort),
      await overOwnHttp(rig, effort),
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

type Server = Pick<Extract<Job, { kind: 'stdio' }>, 'command' | 'args'>

async function throughGate(rig: Rig, server: Server, { seconds }: Effort): Promise<Way> {
  const home = await configureGate(rig, 'gate', { upstream: JSON.stringify(server) })
  const keys = await rig.writeKeys('gate.key', [await createKey(rig, home)])
  const { name, pid, target } = asPeer(home, await serve(rig, home), keys)
  const opened = await inSession(target)
  return {
    name,
    pid,
    burst: (warmUp) => rig.load.burst({ kind: 'closed', target: opened, connections: CONCURRENCY, warmUp, seconds }),
  }
}

/** In a session for each burst: for as long as one lasts, the server keeps whatever it has answered. */
async function overOwnHttp(rig: Rig, { seconds }: Effort): Promise<Way> {
  const { name, pid, target } = await startOwnHttp(rig)
  return {
    name,
    pid,
    async burst(warmUp) {
      const opened = await inSession(target)
      const found = await rig.load.burst({ kind: 'closed', target: opened, connections: CONCURRENCY, warmUp, seconds })
      await endSession(opened)
      return found
    },
  }
}

function driven(rig: Rig, driver: 'pump' | 'sdk', server: Server, { seconds }: Effort): Way {
  const generator = rig.startGenerator(PEER_CORE)
  return {
    name: driver === 'sdk' ? 'sdk-stdio' : 'pump',
    pid: generator.pid,
    burst: (warmUp) => generator.burst({ kind: 'stdio', driver, ...server, concurrency: CONCURRENCY, warmUp, seconds }),
  }
}
