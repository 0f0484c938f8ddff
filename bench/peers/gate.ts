/** The gate itself, as anyone would run it: its command, a configuration file, keys in SQLite. */
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { type Child, freePort, PEER_CORE, RIG_CORE, startNode } from '../process/index.ts'
import type { Rig } from '../rig.ts'
import type { Peer, StartPeer } from './peer.ts'

export const MAIN = 'packages/gateway/src/main.ts'
const SERVER = 'up'
const READY_WITHIN_MS = 20_000

/** A gate that is configured and not running. */
export interface GateHome {
  readonly name: string
  readonly server: string
  readonly config: string
  readonly database: string
  readonly port: number
}

export interface RunningGate {
  readonly child: Child
  /** From the start of the process to its ready line. */
  readonly readySeconds: number
}

export interface GateSettings {
  /** The upstream as YAML in one line; default: the cheap one of the rig. */
  readonly upstream?: string
  /** How many connections it takes; default: the gate's own. */
  readonly connections?: number
  /** Its access mode; default `api-key`. */
  readonly access?: string
  /** A further line of the configuration. */
  readonly further?: string
}

export async function configureGate(rig: Rig, name: string, settings: GateSettings = {}): Promise<GateHome> {
  const folder = join(rig.folder, name)
  await mkdir(folder)
  const config = join(folder, 'portcullis.yaml')
  const port = await freePort()
  const upstream = settings.upstream ?? `{ url: "http://127.0.0.1:${rig.upstream.port}/mcp" }`
  await writeFile(
    config,
    [
      `listen: { host: 127.0.0.1, port: ${port} }`,
      'store: sqlite:./portcullis.db',
      ...(settings.connections === undefined ? [] : [`limits: { connections: ${settings.connections} }`]),
      ...(settings.further === undefined ? [] : [settings.further]),
      `servers: { ${SERVER}: { upstream: ${upstream}, access: [${settings.access ?? 'api-key'}] } }`,
      '',
    ].join('\n'),
  )
  return { name, server: SERVER, config, database: join(folder, 'portcullis.db'), port }
}

export async function createKey(rig: Rig, home: GateHome): Promise<string> {
  const args = ['keys', 'create', '--server', home.server, '--name', 'bench', '--config', home.config, '--json']
  const child = rig.adopt(startNode(RIG_CORE, MAIN, args))
  let printed = ''
  child.process.stdout?.on('data', (chunk: Buffer) => {
    printed += chunk.toString()
  })
  const [code] = await once(child.process, 'close')
  if (code !== 0) throw new Error(`no key could be created: ${child.complaints()}`)
  return (JSON.parse(printed) as { readonly key: string }).key
}

export async function serve(rig: Rig, home: GateHome): Promise<RunningGate> {
  const from = performance.now()
  const child = rig.adopt(startNode(PEER_CORE, MAIN, ['serve', '--config', home.config, '--json']))
  const lines = createInterface(child.process.stdout as NodeJS.ReadableStream)
  const ended = once(child.process, 'exit').then(() => {
    throw new Error(`the gate ended before it was ready: ${child.complaints()}`)
  })
  ended.catch(() => {}) // it ends in any case, later
  const signal = AbortSignal.timeout(READY_WITHIN_MS)
  const [line] = await Promise.race([once(lines, 'line', { signal }), ended])
  if ((JSON.parse(line) as { readonly ready?: unknown }).ready !== true) throw new Error(`the gate said ${line}`)
  return { child, readySeconds: (performance.now() - from) / 1000 }
}

export function asPeer(home: GateHome, { child }: RunningGate, keys: string): Peer {
  return { name: home.name, target: { port: home.port, path: `/${home.server}/mcp`, keys }, pid: child.pid }
}

/** With one API key. */
export const startGate: StartPeer = async (rig) => {
  const home = await configureGate(rig, 'gate')
  const keys = await rig.writeKeys('gate.key', [await createKey(rig, home)])
  return asPeer(home, await serve(rig, home), keys)
}
