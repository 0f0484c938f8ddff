import { once } from 'node:events'
import { join } from 'node:path'
import { asPeer, configureGate, type Peer, type RunningGate, serve, startGate } from '../peers/index.ts'
import { RIG_CORE, residentMegabytes, startNode } from '../process/index.ts'
import { conclude } from '../report/index.ts'
import type { Rig } from '../rig.ts'
import { CONNECTIONS, type Measurement, startPeers } from './measurement.ts'
import { figuresOf, foreignIn, ratiosTo, runRounds } from './rounds.ts'
import { settle } from './settle.ts'

const KEYS = 1_000_000
/** At least: two gates that differ in their keys alone differ less than two bursts of one of them do. */
const ROUNDS = 9

/** Whether a million keys make the gate slower, larger or later than one key does. */
export const millionKeys: Measurement = {
  ids: ['gateway.million-keys', 'gateway.million-keys.memory', 'gateway.million-keys.ready'],
  async run(rig, effort) {
    effort.say(`seeding ${KEYS} keys`)
    const { peer: many, running } = await startMillion(rig)
    const [one] = (await startPeers(rig, [startGate], effort)) as [Peer]
    const { target } = many
    await rig.load.burst({ kind: 'closed', target, connections: CONNECTIONS, warmUp: 0, seconds: 1 })
    // It answers before all keys are in memory, slower, and reads them from the first call on; what it does when it
    // has them is the steady state.
    await settle(many.name, many.pid)
    const samples = await runRounds(Math.max(effort.rounds, ROUNDS), [one, many], ({ target }, warmUp) =>
      rig.load.burst({ kind: 'closed', target, connections: CONNECTIONS, warmUp, seconds: effort.seconds }),
    )
    const rates = samples.get(many.name)?.map(({ rate }) => rate) ?? []
    const memory = residentMegabytes(many.pid) - residentMegabytes(one.pid)
    return [
      conclude({
        id: 'gateway.million-keys',
        unit: 'req/s',
        runs: rates,
        ratios: ratiosTo(samples, many.name),
        foreign: foreignIn(samples, one.name, many.name),
        goal: { peer: one.name, min: 0.93 },
        peers: figuresOf(samples),
      }),
      conclude({ id: 'gateway.million-keys.memory', unit: 'MB more', runs: [memory], goal: { max: 350 } }),
      conclude({ id: 'gateway.million-keys.ready', unit: 's', runs: [running.readySeconds], goal: { max: 1 } }),
    ]
  },
}

async function startMillion(rig: Rig): Promise<{ readonly peer: Peer; readonly running: RunningGate }> {
  const home = await configureGate(rig, 'gate-million')
  const keys = join(rig.folder, 'million.keys')
  const seed = rig.adopt(startNode(RIG_CORE, 'bench/seed.ts', [home.database, home.server, String(KEYS), keys]))
  const [code] = await once(seed.process, 'close')
  if (code !== 0) throw new Error(`seeding failed: ${seed.complaints()}`)
  const running = await serve(rig, home)
  return { peer: asPeer(home, running, keys), running }
}
