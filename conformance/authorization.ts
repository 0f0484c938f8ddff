/**
 * The official suite's scenarios for authorization servers, against the issuer that stands at the root of its host and
 * one that stands at a path. The suite asks for a person; ours is a browser without a screen.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { authorize, startIssuer } from '../packages/issuer/test/given.ts'
import type { Check } from './official.ts'

const SUITE = createRequire(import.meta.url).resolve('@modelcontextprotocol/conformance/package.json')
const COMMAND = join(dirname(SUITE), 'dist', 'index.js')
const PATIENCE_MS = 60_000

/** What the suite says of an issuer, by scenario. */
export async function runAuthorization(path: string): Promise<ReadonlyMap<string, readonly Check[]>> {
  const running = await startIssuer({ path })
  const directory = await mkdtemp(join(tmpdir(), 'conformance-'))
  const port = await freePort()
  try {
    const redirectUris = [`http://127.0.0.1:${port}/callback`]
    const made = await running.issuer.clients.create({ name: 'The suite', redirectUris, confidential: false })
    if (made.kind !== 'created') throw new Error('the suite could not be registered')
    const args = [
      'authorization',
      '--url',
      running.url,
      '--client-id',
      made.clientId,
      '-p',
      String(port),
      '-o',
      directory,
    ]
    await visitAsAsked(args)
    return await readResults(directory)
  } finally {
    await running.close()
    await rm(directory, { recursive: true, force: true })
  }
}

/** Runs the suite, and goes to the address that it prints. */
async function visitAsAsked(args: readonly string[]): Promise<void> {
  const child = spawn(process.execPath, [COMMAND, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  const patience = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS)
  let said = ''
  let isAnswered = false
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      said += chunk.toString()
      const [asked] = /https?:\/\/\S+\/oauth\/authorize\?\S+/.exec(said) ?? []
      if (asked === undefined || isAnswered) return
      isAnswered = true
      authorize(asked)
        .then((answer) => fetch(answer))
        .catch((error: unknown) => process.stderr.write(`the person came to no end: ${error}\n`))
    })
  }
  await once(child, 'exit')
  clearTimeout(patience)
}

async function readResults(directory: string): Promise<Map<string, Check[]>> {
  const results = new Map<string, Check[]>()
  for (const folder of await readdir(directory)) {
    const name = /^(?:authorization-)?(.+?)-\d{4}-\d{2}-\d{2}T.+$/.exec(folder)?.[1]
    const file = join(directory, folder, 'checks.json')
    if (name !== undefined) results.set(name, JSON.parse(await readFile(file, 'utf8')))
  }
  return results
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  return typeof address === 'object' && address !== null ? address.port : 0
}
