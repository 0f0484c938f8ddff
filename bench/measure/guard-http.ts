import { startServer } from '../guard/index.ts'
import { proveThatItChecks } from '../peers/index.ts'
import { conclude } from '../report/index.ts'
import { CONNECTIONS, type Measurement } from './measurement.ts'
import { figuresOf, foreignIn, ratiosTo, runRounds } from './rounds.ts'

/** What is left of a server's speed when the guard stands before it, in its own process. */
export const guardHttp: Measurement = {
  ids: ['guard.http-overhead'],
  async run(rig, { rounds, seconds }) {
    const guarded = await startServer(rig, 'guarded')
    await proveThatItChecks(guarded)
    const servers = [guarded, await startServer(rig, 'unprotected'), await startServer(rig, 'parsed')]
    const samples = await runRounds(rounds, servers, ({ target }, warmUp) =>
      rig.load.burst({ kind: 'closed', target, connections: CONNECTIONS, warmUp, seconds }),
    )
    return [
      conclude({
        id: 'guard.http-overhead',
        unit: 'req/s',
        runs: samples.get('guarded')?.map(({ rate }) => rate) ?? [],
        ratios: ratiosTo(samples, 'guarded'),
        foreign: foreignIn(samples, 'guarded', 'unprotected'),
        goal: { peer: 'unprotected', min: 0.952 },
        peers: figuresOf(samples),
      }),
    ]
  },
}
