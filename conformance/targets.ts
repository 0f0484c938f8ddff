/**
 * The servers that the suite is run against, each made ready and taken down by `withTarget`.
 *
 *   direct       suite ─────────────────────────▶ fixture        what every other target is compared with
 *   hop          suite ─▶ hop ──────────────────▶ fixture        control: the hop itself changes nothing
 *   gate-http    suite ─▶ hop ─▶ gate ──(HTTP)──▶ fixture
 *   gate-stdio   suite ─▶ hop ─▶ gate ──(stdio)─▶ fixture
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openHop } from './hop.ts'
import { runProgram, startService } from './processes.ts'

export const TARGETS = ['direct', 'hop', 'gate-http', 'gate-stdio'] as const
export type Target = (typeof TARGETS)[number]

const HERE = dirname(fileURLToPath(import.meta.url))
const FIXTURE_HTTP = join(HERE, 'fixture', 'http.ts')
const FIXTURE_STDIO = join(HERE, 'fixture', 'stdio.ts')
const GATE = join(HERE, '..', 'packages', 'gateway', 'src', 'main.ts')

/** Runs `use` with the URL that the suite is to be pointed at. Whatever was started is stopped when it returns or throws. */
export async function withTarget<Result>(target: Target, use: (url: string) => Promise<Result>): Promise<Result> {
  const closing: (() => Promise<unknown>)[] = []
  try {
    return await use(await open(target, (close) => closing.push(close)))
  } finally {
    for (const close of closing.reverse()) await close()
  }
}

type Later = (close: () => Promise<unknown>) => void

async function open(target: Target, later: Later): Promise<string> {
  if (target === 'gate-stdio') return openGate({ command: process.execPath, args: [FIXTURE_STDIO] }, later)
  const fixture = await startService([FIXTURE_HTTP, '--port', '0'], HERE)
  later(fixture.stop)
  const url = String(fixture.announcement.url)
  switch (target) {
    case 'direct':
      return url
    case 'hop':
      return through(url, { 'X-Conformance': 'hop' }, 0, later)
    case 'gate-http':
      return openGate({ url }, later)
  }
}

/** A gate with one server behind it, on a store and a key of its own. */
async function openGate(upstream: object, later: Later): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'conformance-gate-'))
  later(() => rm(directory, { recursive: true, force: true }))
  const config = join(directory, 'portcullis.yaml')
  const [port, hopPort] = await freePorts()
  const settings = {
    listen: { host: '127.0.0.1', port },
    // The suite speaks to the hop, and the hop leaves `Host` alone.
    allowedHosts: [`127.0.0.1:${hopPort}`, `localhost:${hopPort}`],
    store: 'sqlite:./portcullis.db',
    servers: { fixture: { upstream, access: ['api-key'] } },
  }
  await writeFile(config, JSON.stringify(settings, null, 2)) // JSON is YAML
  const created = await runProgram(
    [
      ...process.execArgv,
      GATE,
      'keys',
      'create',
      '--server',
      'fixture',
      '--name',
      'suite',
      '--config',
      config,
      '--json',
    ],
    { cwd: directory },
  )
  if (created.code !== 0) throw new Error(`the gate made no key: ${created.complaints || created.output}`)
  const { key } = JSON.parse(created.output) as { key: string }

  const gate = await startService([GATE, 'serve', '--config', config, '--json'], directory)
  later(gate.stop)
  const { servers } = gate.announcement as { servers: { fixture: { mcp: string } } }
  return through(servers.fixture.mcp, { Authorization: `Bearer ${key}` }, hopPort, later)
}

async function through(url: string, headers: Record<string, string>, port: number, later: Later): Promise<string> {
  const hop = await openHop({ to: url, headers, port })
  later(hop.close)
  return hop.url + new URL(url).pathname
}

/** Two ports that were free a moment ago: the gate has to be told the hop's before either listens. */
async function freePorts(): Promise<[number, number]> {
  const held = await Promise.all([hold(), hold()])
  const ports = held.map((server) => (server.address() as { port: number }).port) as [number, number]
  await Promise.all(held.map((server) => new Promise((closed) => server.close(closed))))
  return ports
}

function hold(): Promise<ReturnType<typeof createServer>> {
  return new Promise((held) => {
    const server = createServer()
    server.listen(0, '127.0.0.1', () => held(server))
  })
}
