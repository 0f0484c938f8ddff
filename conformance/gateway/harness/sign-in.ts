/**
 * Clients that sign a person in: the real ones, given nothing but a URL. The person is a browser without a screen that
 * reads the pages and sends their forms.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import * as v2 from '@modelcontextprotocol/client'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js'
import { authorize, Browser } from '../../../packages/issuer/test/given.ts'
import { remoteTransport } from './clients.ts'
import { type Gate, givenDirectory } from './gate.ts'
import { freePort, keep, ROOT } from './processes.ts'

export const REDIRECT = 'http://127.0.0.1:9/callback'

/** Somebody with an account, and a browser. */
export class Person {
  readonly name: string
  readonly password = 'correct horse battery'
  readonly browser = new Browser()
  /** The authorization URLs that were opened, oldest first. */
  readonly asked: URL[] = []

  constructor(name: string) {
    this.name = name
  }

  /** Goes where a client sends her, signs in if asked, and says yes (or no). @returns where the client gets its answer. */
  open(url: string, answer: 'allow' | 'deny' = 'allow'): Promise<URL> {
    this.asked.push(new URL(url))
    return authorize(url, { browser: this.browser, person: { name: this.name, password: this.password }, answer })
  }
}

/** Makes an account as the operator does. */
export async function givenPerson(gate: Gate, name = 'ada@example.com'): Promise<Person> {
  const person = new Person(name)
  const file = join(givenDirectory(), 'password')
  writeFileSync(file, `${person.password}\n`)
  await gate.ask('users', 'create', '--name', name, '--password-file', file)
  return person
}

/** Makes the first account by the page for it. @returns the status of the answer. */
export async function setUpAccount(url: string, token: string, person: Person): Promise<number> {
  const page = await person.browser.get(url)
  const text = await page.text()
  if (page.status >= 400) return page.status
  const { name, password } = person
  const response = await person.browser.send({ url, text }, { token, name, password, again: password })
  return response.status
}

/** A client that a person signed in to. */
export interface SignedIn {
  call(name: string, args?: Record<string, unknown>): Promise<string>
  tools(): Promise<string[]>
  /** How it is known: what it registered as. */
  readonly clientId: string
  readonly accessToken: string
  readonly refreshToken: string | undefined
  /** Makes it forget its access token, so that it must refresh. */
  forgetAccessToken(): void
  close(): Promise<void>
}

export interface SigningClient {
  readonly name: string
  readonly era: 'legacy' | 'modern'
  signIn(url: string, person: Person, key?: string): Promise<SignedIn>
}

const INFO = { name: 'suite', version: '1' }
const textOf = (content: unknown): string => (content as { text?: string }[]).map(({ text }) => text ?? '').join('')

/** What an application keeps for the SDK, and its browser. */
class Provider {
  readonly redirectUrl = REDIRECT
  readonly clientMetadata = {
    client_name: 'The suite',
    redirect_uris: [REDIRECT],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    token_endpoint_auth_method: 'none',
    application_type: 'native',
  }
  readonly person: Person
  client: { client_id: string } | undefined
  kept: { access_token: string; refresh_token?: string } | undefined
  verifier = ''
  /** Where the person was sent back to. */
  answer: URL | undefined

  constructor(person: Person) {
    this.person = person
  }

  state = () => 'a-state'
  clientInformation = () => this.client
  saveClientInformation = (client: { client_id: string }) => {
    this.client = client
  }
  tokens = () => this.kept as never
  saveTokens = (tokens: { access_token: string; refresh_token?: string }) => {
    this.kept = tokens
  }
  saveCodeVerifier = (verifier: string) => {
    this.verifier = verifier
  }
  codeVerifier = () => this.verifier
  redirectToAuthorization = async (url: URL) => {
    this.answer = await this.person.open(url.href)
  }
}

interface Connected {
  call(name: string, args: Record<string, unknown>): Promise<string>
  tools(): Promise<string[]>
  close(): Promise<void>
}

interface Connection {
  connect(): Promise<Connected>
  /** Redeems what the person brought back. */
  finish(answer: URL): Promise<void>
}

/** Does as an application does: when it is unauthorized, lets the person come back, and tries again. */
async function signedIn(provider: Provider, connection: () => Connection): Promise<SignedIn> {
  let current = connection()
  const retrying = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work()
    } catch (error) {
      const { answer } = provider
      if (answer === undefined) throw error
      provider.answer = undefined
      await current.finish(answer)
      return work()
    }
  }
  let connected = await retrying(async () => {
    current = provider.answer === undefined && provider.kept === undefined ? current : connection()
    return current.connect()
  })
  return {
    call: (name, args = {}) => retrying(() => connected.call(name, args)),
    tools: () => retrying(() => connected.tools()),
    get clientId() {
      return provider.client?.client_id ?? ''
    },
    get accessToken() {
      return provider.kept?.access_token ?? ''
    },
    get refreshToken() {
      return provider.kept?.refresh_token
    },
    forgetAccessToken() {
      if (provider.kept !== undefined) provider.kept = { ...provider.kept, access_token: 'forgotten' }
    },
    async close() {
      await connected.close()
      connected = { call: async () => '', tools: async () => [], close: async () => {} }
    },
  }
}

const headersWith = (key: string | undefined) =>
  key === undefined ? {} : { requestInit: { headers: { authorization: `Bearer ${key}` } } }

export const signInV1: SigningClient = {
  name: 'SDK v1',
  era: 'legacy',
  signIn(url, person, key) {
    const provider = new Provider(person)
    return signedIn(provider, () => {
      const transport = new StreamableHTTPClientTransport(new URL(url), {
        authProvider: provider as never,
        ...headersWith(key),
      })
      return {
        finish: (answer) => transport.finishAuth(answer.searchParams.get('code') ?? ''),
        async connect() {
          const client = new Client(INFO, { capabilities: {} })
          await client.connect(transport as Transport)
          return {
            tools: async () => (await client.listTools()).tools.map(({ name }) => name),
            call: async (name, args) => textOf((await client.callTool({ name, arguments: args })).content),
            close: () => client.close(),
          }
        },
      }
    })
  },
}

function signInV2(name: string, mode: 'legacy' | 'auto' | { pin: string }): SigningClient {
  return {
    name,
    era: mode === 'legacy' ? 'legacy' : 'modern',
    signIn(url, person, key) {
      const provider = new Provider(person)
      return signedIn(provider, () => {
        const transport = new v2.StreamableHTTPClientTransport(new URL(url), {
          authProvider: provider as never,
          ...headersWith(key),
        })
        return {
          finish: (answer) => transport.finishAuth(answer.searchParams),
          async connect() {
            const client = new v2.Client(INFO, { capabilities: {}, versionNegotiation: { mode } })
            await client.connect(transport)
            return {
              tools: async () => (await client.listTools()).tools.map(({ name: tool }) => tool),
              call: async (tool, args) => textOf((await client.callTool({ name: tool, arguments: args })).content),
              close: () => client.close(),
            }
          },
        }
      })
    },
  }
}

export const signInV2Legacy = signInV2('SDK v2', 'legacy')
export const signInV2Modern = signInV2('SDK v2, modern', { pin: '2026-07-28' })

/** The Inspector's command line: prints where to go, and waits at a port for the person to come back. @returns what it printed. */
export async function signInInspector(url: string, person: Person, ...args: readonly string[]): Promise<string> {
  const callback = `http://127.0.0.1:${await freePort()}/oauth/callback`
  const program = join(ROOT, 'node_modules/.bin/inspector')
  const whole = [program, '--cli', url, '--transport', 'http', '--callback-url', callback, ...args]
  const env = { PATH: process.env.PATH, HOME: givenDirectory(), MCP_AUTO_OPEN_ENABLED: 'true', BROWSER: 'false' }
  const child = spawn(process.execPath, whole, { env, stdio: ['ignore', 'pipe', 'pipe'] })
  const printed = keep(child.stdout)
  openWhatIsSaid(child.stderr, person)
  openWhatIsSaid(child.stdout, person)
  const patience = setTimeout(() => child.kill('SIGKILL'), 20_000)
  await once(child, 'close')
  clearTimeout(patience)
  return printed()
}

/** Goes to the first authorization URL that a program prints, and brings it the answer. */
function openWhatIsSaid(stream: Readable, person: Person): void {
  let said = ''
  let isOpened = false
  stream.on('data', (chunk: Buffer) => {
    said += chunk.toString()
    const [asked] = /https?:\/\/\S+\/oauth\/authorize\?\S+/.exec(said) ?? []
    if (asked === undefined || isOpened) return
    isOpened = true
    void person.open(asked).then((answer) => fetch(answer))
  })
}

/** The bridge prints where to go, and waits at a port of its own for the person to come back. */
export async function signInRemote(url: string, person: Person): Promise<Pick<SignedIn, 'call' | 'tools' | 'close'>> {
  const transport = remoteTransport(url, undefined)
  const client = new Client(INFO, { capabilities: {} })
  openWhatIsSaid(transport.stderr as Readable, person)
  await client.connect(transport as Transport)
  return {
    tools: async () => (await client.listTools()).tools.map(({ name }) => name),
    call: async (name, args = {}) => textOf((await client.callTool({ name, arguments: args })).content),
    close: () => client.close(),
  }
}
