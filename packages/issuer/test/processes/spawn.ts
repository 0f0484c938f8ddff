import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { DatabaseSync } from 'node:sqlite'
import { after } from 'node:test'
import { fileURLToPath } from 'node:url'
import { openIssuer } from '../../src/index.ts'
import { PASSWORD, storesOn } from '../given.ts'
import { Party, REDIRECT } from '../party.ts'

const children: ChildProcess[] = []
const folder = mkdtempSync(join(tmpdir(), 'portcullis-issuer-'))
after(() => {
  for (const child of children) child.kill('SIGKILL')
  rmSync(folder, { recursive: true })
})

export interface Site {
  readonly url: string
  readonly resource: string
  /** A program, and a service with a secret. */
  readonly program: string
  readonly service: { readonly id: string; readonly secret: string }
  /** Starts one more process that serves the issuer. @param isFirst At the address that its identifier names. */
  start(isFirst?: boolean): Promise<Served>
}

export interface Served {
  /** Where this process listens. */
  readonly url: string
  /** Ends it in the middle of what it does. */
  kill(): Promise<void>
}

/** A database with an account and two clients, and nobody that serves it yet. */
export async function givenSite(): Promise<Site> {
  const file = join(folder, `${randomBytes(4).toString('hex')}.db`)
  const key = randomBytes(32)
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const db = new DatabaseSync(file)
  const issuer = await openIssuer({ issuer: url, resources: [], stores: storesOn(db), sealingKey: key })
  await issuer.people.create('ada', PASSWORD)
  const wanted = { name: 'A client', redirectUris: [REDIRECT] }
  const program = await issuer.clients.create({ ...wanted, confidential: false })
  const service = await issuer.clients.create({ ...wanted, confidential: true })
  if (program.kind !== 'created' || service.kind !== 'created') throw new Error('no clients')
  issuer.close()
  db.close()
  const resource = `${url}/everything/mcp`
  return {
    url,
    resource,
    program: program.clientId,
    service: { id: service.clientId, secret: service.secret ?? '' },
    start: (isFirst = false) => start([file, url, resource, key.toString('hex'), isFirst ? String(port) : '0']),
  }
}

async function start(args: readonly string[]): Promise<Served> {
  const script = fileURLToPath(new URL('serving.ts', import.meta.url))
  const options = process.execArgv.filter((arg) => !arg.startsWith('--test'))
  const child = spawn(process.execPath, [...options, script, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  children.push(child)
  const { value } = await createInterface({ input: child.stdout })[Symbol.asyncIterator]().next()
  return {
    url: `http://127.0.0.1:${value}`,
    async kill() {
      const ended = once(child, 'exit')
      child.kill('SIGKILL')
      await ended
    },
  }
}

/** The same client, as it speaks to one of the processes. */
export function partyAt({ url }: Pick<Served, 'url'>, { resource }: Site, id: string, secret?: string): Party {
  return new Party({ url, resource }, id, secret === undefined ? {} : { client_secret: secret })
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
