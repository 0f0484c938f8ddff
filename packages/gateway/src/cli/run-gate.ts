import { type Gate, openGate } from '../compose.ts'
import type { ServerSettings, Settings } from '../config/index.ts'
import { openLog } from '../log/index.ts'
import { isDatabaseFault } from '../state/index.ts'
import { faultOfAccess, faultOfState } from './access.ts'
import { Failure, UsageError } from './command.ts'
import { faultOfDatabase } from './credentials.ts'
import { faultOfListening } from './listening.ts'

/** What is said when the gate stands. `apiKey` and `admin` are null where there is nothing to tell. */
export interface Ready {
  readonly ready: true
  readonly url: string
  readonly servers: Readonly<Record<string, { readonly mcp: string }>>
  readonly apiKey: string | null
  /** Where the first account is made, and the token for it; null once there is one, and where nobody signs in. */
  readonly admin: { readonly url: string; readonly setupToken: string } | null
}

/** What is said to whoever watches a gate that was asked to end. */
export const FAREWELL = '\nCalls under way may finish. Ctrl-C again ends at once.\n'

/**
 * Opens a gate, says so, and keeps it open until the process is asked to end.
 * @param announce Runs when the gate stands, before the first caller can know of it.
 * @param takeLeave Runs when it is asked to end.
 */
export async function runGate(
  settings: Settings,
  announce: (gate: Gate) => Promise<void> | void,
  takeLeave: () => unknown = () => {},
): Promise<void> {
  const log = openLog(settings.log.level)
  for (const { path, message } of settings.warnings) log.warn({ setting: path }, message)
  const openness = faultOfState(settings)
  if (openness !== undefined) log.warn(openness)
  let gate: Gate
  try {
    gate = await openGate(settings, log)
  } catch (error) {
    const known = faultOfListening(error, settings) ?? faultOfStore(error, settings) ?? faultOfAccess(error)
    const reason = known ?? (error instanceof Error ? error.message : String(error))
    throw new Failure(`the gate cannot start: ${reason}`)
  }
  const ended = untilAsked()
  await announce(gate)
  const signal = await ended
  log.info({ signal }, 'closing')
  takeLeave()
  await gate.close()
  await log.close()
}

function faultOfStore(error: unknown, { store }: Settings): string | undefined {
  return store.kind === 'sqlite' && isDatabaseFault(error) ? faultOfDatabase(store.file, error) : undefined
}

/** A Ctrl-C comes twice where it reaches the process group and a launcher hands it on: within this long it is one. */
const SAME_MS = 500

/**
 * Resolves with the first signal that asks the process to end; a second one ends it at once. Not SIGHUP: what follows
 * a Ctrl-C in a terminal whose shell did not wait says that the terminal is gone, not that anybody is in a hurry.
 */
function untilAsked(): Promise<NodeJS.Signals> {
  // Node lets go of signals some milliseconds before the process is gone: a copy that is late would still end it by
  // that signal, in the place of its own exit code.
  process.once('exit', (code) => process.exit(code))
  return new Promise((resolve) => {
    let askedAt: number | undefined
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(signal, () => {
        askedAt ??= performance.now()
        if (signal !== 'SIGHUP' && performance.now() - askedAt > SAME_MS) process.exit(1)
        resolve(signal)
      })
    }
  })
}

/** Where a server is reached, for people: never the secret part of an unlisted URL. */
export function addressOf({ name, access }: ServerSettings, gate: Gate): string {
  const isPlain = (['public', 'api-key', 'oauth', 'jwt'] as const).some((mode) => access.has(mode))
  return isPlain ? (gate.mcp.get(name) ?? '') : `by unlisted URL: portcullis urls create --server ${name} --name LABEL`
}

export async function readyOf(gate: Gate, apiKey: string | null): Promise<Ready> {
  const servers = Object.fromEntries([...gate.mcp].map(([name, mcp]) => [name, { mcp }]))
  return { ready: true, url: gate.url, servers, apiKey, admin: await startSetup(gate) }
}

/** A token for the first account, new at each start: the one before may have scrolled away. */
async function startSetup({ issuer }: Gate): Promise<Ready['admin']> {
  const setupToken = await issuer?.people.startSetup()
  if (issuer === undefined || setupToken === undefined) return null
  const [url = ''] = issuer.linkOf('setup', setupToken).split('#')
  return { url, setupToken }
}

/** What a person opens to make the first account. */
export function setupLinkOf({ admin }: Ready): string | undefined {
  return admin === null ? undefined : `${admin.url}#${admin.setupToken}`
}

/** @throws {UsageError} when the text is no port. */
export function withPort(settings: Settings, port: string | undefined): Settings {
  const number = portOf(port)
  return number === undefined ? settings : { ...settings, listen: { ...settings.listen, port: number } }
}

/** @throws {UsageError} when the text is no port. */
export function portOf(port: string | undefined): number | undefined {
  if (port === undefined) return undefined
  const number = Number(port)
  if (!/^\d{1,5}$/.test(port) || number > 65_535) throw new UsageError('--port takes a number from 0 to 65535')
  return number
}
