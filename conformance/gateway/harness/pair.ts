import { Witness } from '../servers/witness.ts'
import { type Config, type Gate, startGate } from './gate.ts'
import { type Journal, journaledProgram } from './upstreams.ts'

/** A gate before the servers `http` and `stdio`, which note what they hear. */
export interface Pair {
  readonly gate: Gate
  readonly witness: Witness
  readonly journal: Journal
}

export interface PairOptions {
  /** Settings beside the servers. */
  readonly settings?: Omit<Config, 'servers'>
  /** Of an upstream, what goes beyond the way there. */
  readonly http?: object
  readonly stdio?: object
  /** How the server `http` may be reached. */
  readonly access?: readonly string[]
}

export async function startPair({ settings, http, stdio, access = ['api-key'] }: PairOptions = {}): Promise<Pair> {
  const witness = await Witness.start()
  const journal = journaledProgram()
  const gate = await startGate({
    ...settings,
    servers: {
      http: { upstream: { url: witness.url(), ...http }, access },
      stdio: { upstream: { ...journal.upstream, ...stdio }, access: ['api-key'] },
    },
  })
  return { gate, witness, journal }
}

/** After the scenarios of a topic, whether or not its beginning went well. */
export async function stop(gate: Gate | undefined, witness: Witness | undefined): Promise<void> {
  await gate?.stop()
  witness?.close()
}
