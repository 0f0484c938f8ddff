/**
 * What is measured, each in a rig of its own: the set-up, the rounds, and the results that are read off them.
 * Knows the peers; knows nothing of how results are written down.
 */
import { bareWays } from './bare.ts'
import { guardCold, guardKeys, guardWarm } from './guard.ts'
import { guardHttp } from './guard-http.ts'
import { guardMemory, guardSoak } from './guard-memory.ts'
import { issuer } from './issuer.ts'
import { addedLatency } from './latency.ts'
import type { Measurement } from './measurement.ts'
import { millionKeys } from './million.ts'
import { oauth } from './oauth.ts'
import { rest } from './rest.ts'
import { stdio } from './stdio.ts'
import { streams } from './streams.ts'
import { sustained } from './sustained.ts'
import { throughput } from './throughput.ts'

export type { Effort, Measurement } from './measurement.ts'
export const MEASUREMENTS: readonly Measurement[] = [
  throughput,
  oauth,
  sustained,
  millionKeys,
  addedLatency,
  streams,
  rest,
  stdio,
  bareWays,
  issuer,
  guardKeys,
  guardWarm,
  guardCold,
  guardMemory,
  guardSoak,
  guardHttp,
]
