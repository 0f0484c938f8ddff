import { createHash, randomBytes } from 'node:crypto'
import type { IssuerEvent } from '../src/events.ts'
import { authorize, Browser, type RunningIssuer } from './given.ts'

export const REDIRECT = 'http://127.0.0.1:9/callback'

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly body: Readonly<Record<string, unknown>>
}

export interface Tokens {
  readonly access_token: string
  readonly refresh_token: string
}

export type Fields = Readonly<Record<string, string | readonly string[]>>

/** Fields as a form sends them; a list is sent several times. */
export function toForm(fields: Fields): URLSearchParams {
  return new URLSearchParams(
    Object.entries(fields).flatMap(([name, values]) => [values].flat().map((value): [string, string] => [name, value])),
  )
}

/** Posts a form to an issuer, wherever the issuer says it is. */
export async function post(url: string, fields: Fields, headers: Record<string, string> = {}): Promise<Answer> {
  const response = await fetch(url, { method: 'POST', body: toForm(fields), headers })
  const text = await response.text()
  return { status: response.status, headers: response.headers, body: text === '' ? {} : JSON.parse(text) }
}

/** A client of an issuer: knows what it was registered as, and speaks the protocol by hand. */
export class Party {
  readonly running: Pick<RunningIssuer, 'url' | 'resource'>
  readonly id: string
  /** What it proves itself with, sent with each form. */
  readonly proof: Readonly<Record<string, string>>
  readonly browser = new Browser()

  constructor(
    running: Pick<RunningIssuer, 'url' | 'resource'>,
    id: string,
    proof: Readonly<Record<string, string>> = {},
  ) {
    this.running = running
    this.id = id
    this.proof = proof
  }

  at(path: string): string {
    return `${new URL(this.running.url).origin}/oauth/${path}`
  }

  authorizationUrl(fields: Fields = {}, challenge = 'x'.repeat(43)): string {
    const all = {
      client_id: this.id,
      redirect_uri: REDIRECT,
      response_type: 'code',
      code_challenge: challenge,
      code_challenge_method: 'S256',
      resource: this.running.resource,
      ...fields,
    }
    return `${this.at('authorize')}?${toForm(all)}`
  }

  /** Signs in as `ada` and consents. */
  async code(fields: Fields = {}): Promise<{ readonly code: string; readonly verifier: string }> {
    const verifier = randomBytes(32).toString('base64url')
    const challenge = createHash('sha256').update(verifier).digest('base64url')
    const back = await authorize(this.authorizationUrl(fields, challenge), { browser: this.browser })
    const code = back.searchParams.get('code')
    if (code === null) throw new Error(back.href)
    return { code, verifier }
  }

  ask(path: string, fields: Fields): Promise<Answer> {
    return post(this.at(path), { client_id: this.id, ...this.proof, ...fields })
  }

  redeem({ code, verifier }: { code: string; verifier: string }, fields: Fields = {}): Promise<Answer> {
    const grant = { grant_type: 'authorization_code', code, code_verifier: verifier, redirect_uri: REDIRECT }
    return this.ask('token', { ...grant, ...fields })
  }

  refresh(refreshToken: string, fields: Fields = {}): Promise<Answer> {
    return this.ask('token', { grant_type: 'refresh_token', refresh_token: refreshToken, ...fields })
  }

  async tokens(fields: Fields = {}): Promise<Tokens> {
    const answer = await this.redeem(await this.code(fields))
    if (answer.status !== 200) throw new Error(JSON.stringify(answer.body))
    return answer.body as unknown as Tokens
  }
}

/** A client as programs on people's machines are: it proves nothing, and a person has let it in before. */
export async function givenPublic(running: RunningIssuer, metadata: object = {}): Promise<Party> {
  const { clients } = running.issuer
  const registered = await clients.register(
    {
      ...{ client_name: 'A program', redirect_uris: [REDIRECT], application_type: 'native' },
      ...{ token_endpoint_auth_method: 'none', response_types: ['code'] },
      grant_types: ['authorization_code', 'refresh_token'],
      ...metadata,
    },
    'test',
  )
  const id = String(registered?.client_id)
  await clients.noteUse(id, 'A program')
  return new Party(running, id)
}

/** A client that has a secret. */
export async function givenConfidential(running: RunningIssuer): Promise<Party> {
  const wanted = { name: 'A service', redirectUris: [REDIRECT], confidential: true }
  const created = await running.issuer.clients.create(wanted)
  if (created.kind !== 'created' || created.secret === undefined) throw new Error(JSON.stringify(created))
  return new Party(running, created.clientId, { client_secret: created.secret })
}

/** A server elsewhere, which asks about the tokens that it gets. */
export async function givenIntrospecting(running: RunningIssuer): Promise<Party> {
  const wanted = { name: 'A server elsewhere', redirectUris: [], confidential: true, introspects: true }
  const created = await running.issuer.clients.create(wanted)
  if (created.kind !== 'created' || created.secret === undefined) throw new Error(JSON.stringify(created))
  return new Party(running, created.clientId, { client_secret: created.secret })
}

/** The claims of a JWT, unchecked. */
export function claimsOf(token: string): Readonly<Record<string, unknown>> {
  return JSON.parse(Buffer.from(token.split('.')[1] as string, 'base64url').toString())
}

export function headerOf(token: string): Readonly<Record<string, unknown>> {
  return JSON.parse(Buffer.from(token.split('.')[0] as string, 'base64url').toString())
}

/** Keeps the events about what becomes of grants, codes and tokens. */
export function keepTokenEvents(events: IssuerEvent[]): (event: IssuerEvent) => void {
  return (event) => {
    if (/^(grant|token|refresh|code)\.(?!created)/.test(event.type)) events.push(event)
  }
}
