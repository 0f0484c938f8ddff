import { type Issuer, startIssuer, startWay, type Way } from '../guard/index.ts'
import { installPeers } from '../peers/index.ts'
import { conclude, type Result, unmeasured } from '../report/index.ts'
import type { Rig } from '../rig.ts'
import type { Effort, Measurement } from './measurement.ts'
import { figuresOf, foreignIn, ratiosTo, runRounds } from './rounds.ts'

/** Keys, and tokens, that are drawn in turn. */
const COUNT = 1000
const PEERS = 'bench/guard/peers'

/** `check()` with API keys, in process. */
export const guardKeys: Measurement = {
  ids: ['guard.key-checks'],
  async run(rig, { rounds, seconds }) {
    const way = await startWay(rig, 'guard', 'ways/keys.ts', [String(COUNT)])
    const samples = await runRounds(rounds, [way], ({ burst }, warmUp) => burst({ kind: 'warm', warmUp, seconds }))
    return [
      conclude({
        id: 'guard.key-checks',
        unit: 'checks/s',
        runs: samples.get('guard')?.map(({ rate }) => rate) ?? [],
        foreign: foreignIn(samples, 'guard'),
        goal: { min: 1_000_000 },
        peers: figuresOf(samples),
      }),
    ]
  },
}

/** By how much a check of a token that was seen before is quicker than with others, who verify it each time. */
const AGAINST = { sdk: 'sdk-v2', 'better-auth': 'better-auth', 'express-jwt': 'express-jwt' } as const
const TIMES = 20

export const guardWarm: Measurement = {
  ids: ['guard.jwt-warm', ...Object.keys(AGAINST).map((word) => `guard.jwt-warm.vs-${word}`)],
  async run(rig, effort) {
    const { rounds, seconds } = effort
    const issuer = await startIssuer(rig)
    const tokens = [issuer.material, await issuer.sign(COUNT)]
    const own = await startWay(rig, 'guard', 'ways/tokens.ts', tokens)
    const sdk = await startWay(rig, 'sdk-v2', 'ways/sdk.ts', tokens)
    const { others, absent } = await startOthers(rig, tokens, effort)
    const samples = await runRounds(rounds, [own, sdk, ...others], ({ burst }, warmUp) =>
      burst({ kind: 'warm', warmUp, seconds }),
    )
    const finding = {
      unit: 'checks/s',
      runs: samples.get('guard')?.map(({ rate }) => rate) ?? [],
      ratios: ratiosTo(samples, 'guard'),
    }
    const against = ([word, peer]: readonly [string, string]): Result => {
      const id = `guard.jwt-warm.vs-${word}`
      if (!samples.has(peer)) return unmeasured(id, { skipped: `${peer} is not there: ${absent}` })
      return conclude({ id, ...finding, foreign: foreignIn(samples, 'guard', peer), goal: { peer, min: TIMES } })
    }
    return [
      conclude({
        ...{ id: 'guard.jwt-warm', ...finding, peers: figuresOf(samples) },
        foreign: foreignIn(samples, 'guard'),
        goal: { min: 500_000 },
      }),
      ...Object.entries(AGAINST).map(against),
    ]
  },
}

async function startOthers(rig: Rig, tokens: readonly string[], { say }: Effort) {
  const absent = installPeers(PEERS)
  if (absent !== undefined) {
    say(`without better-auth and express-jwt: ${absent}`)
    return { others: [], absent }
  }
  const others = [
    await startWay(rig, 'better-auth', 'peers/better-auth.ts', tokens),
    await startWay(rig, 'express-jwt', 'peers/express-jwt.ts', tokens),
  ]
  return { others, absent }
}

/** More than a core verifies in a second. Where it is quicker, a burst ends when its tokens do. */
const PER_SECOND = 15_000
/** In seconds, at most: it takes tokens, too. */
const COLD_WARM_UP = 4

/** What the guard's own work costs with tokens that nobody has seen, over verifying their signatures and claims. */
export const guardCold: Measurement = {
  ids: ['guard.jwt-cold'],
  async run(rig, { rounds, seconds }) {
    const issuer = await startIssuer(rig)
    const tokens = [issuer.material, await issuer.sign(COUNT)]
    const own = await startWay(rig, 'guard', 'ways/tokens.ts', tokens)
    const jose = await startWay(rig, 'jose', 'ways/jose.ts', tokens)
    const samples = await runRounds(rounds, [own, jose], (way, warmUp) =>
      burstOfFresh(issuer, way, Math.min(warmUp, COLD_WARM_UP), seconds),
    )
    return [
      conclude({
        id: 'guard.jwt-cold',
        unit: 'checks/s',
        runs: samples.get('guard')?.map(({ rate }) => rate) ?? [],
        ratios: ratiosTo(samples, 'guard'),
        foreign: foreignIn(samples, 'guard', 'jose'),
        goal: { peer: 'jose', min: 0.87 },
        peers: figuresOf(samples),
      }),
    ]
  },
}

function burstOfFresh({ withFresh }: Issuer, { burst }: Way, warmUp: number, seconds: number) {
  const count = Math.ceil((warmUp + seconds) * PER_SECOND)
  return withFresh(count, (file) => burst({ kind: 'once', file, warmUp, seconds }))
}
