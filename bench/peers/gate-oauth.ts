/** The gate with people who sign in: its access tokens are real ones, issued by it to a client that a person let in. */
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { authorize } from '../../packages/issuer/test/given.ts'
import { RIG_CORE, startNode } from '../process/index.ts'
import type { Rig } from '../rig.ts'
import { asPeer, configureGate, type GateHome, MAIN, serve } from './gate.ts'
import type { StartPeer } from './peer.ts'

/** As many tokens as a busy gate sees in turn. */
const TOKENS = 100
/** Of each sign-in: a grant may be refreshed 60 times a minute. */
const TOKENS_OF_GRANT = 50
const REDIRECT = 'http://127.0.0.1:9/callback'
const PERSON = { name: 'bench', password: 'correct horse battery' }

export const OAUTH = { access: 'oauth', further: 'oauth: { accessToken: 24h }' } as const

/** With access tokens, drawn uniformly; they live longer than any run. */
export const startGateOauth: StartPeer = async (rig) => {
  const home = await configureGate(rig, 'gate', OAUTH)
  const running = await serve(rig, home)
  await createPerson(rig, home)
  const keys = await rig.writeKeys('gate.tokens', await tokensOf(home))
  return asPeer(home, running, keys)
}

async function createPerson(rig: Rig, home: GateHome): Promise<void> {
  const args = ['users', 'create', '--name', PERSON.name, '--password-stdin', '--config', home.config]
  const child = rig.adopt(startNode(RIG_CORE, MAIN, args))
  child.process.stdin?.end(`${PERSON.password}\n`)
  const [code] = await once(child.process, 'close')
  if (code !== 0) throw new Error(`no account could be made: ${child.complaints()}`)
}

/** As many sign-ins and refreshes as it takes. */
async function tokensOf(home: GateHome): Promise<readonly string[]> {
  const client = await register(home)
  const tokens: string[] = []
  while (tokens.length < TOKENS) tokens.push(...(await tokensOfGrant(home, client)))
  return tokens
}

async function register({ port }: GateHome): Promise<string> {
  const registration = { client_name: 'The benchmark', redirect_uris: [REDIRECT] }
  const url = `http://127.0.0.1:${port}/oauth/register`
  return String((await postJson(url, JSON.stringify(registration), 'application/json')).client_id)
}

async function tokensOfGrant({ port, server }: GateHome, client: string): Promise<readonly string[]> {
  const url = `http://127.0.0.1:${port}`
  const verifier = randomBytes(32).toString('base64url')
  const asked = new URLSearchParams({
    client_id: client,
    redirect_uri: REDIRECT,
    response_type: 'code',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    resource: `${url}/${server}/mcp`,
  })
  const back = await authorize(`${url}/oauth/authorize?${asked}`, { person: PERSON })
  const redeem = (fields: Record<string, string>) =>
    postJson(`${url}/oauth/token`, new URLSearchParams({ client_id: client, ...fields }).toString(), FORM)
  const code = back.searchParams.get('code') ?? ''
  let answer = await redeem({ grant_type: 'authorization_code', code, code_verifier: verifier, redirect_uri: REDIRECT })
  const tokens = [String(answer.access_token)]
  while (tokens.length < TOKENS_OF_GRANT) {
    answer = await redeem({ grant_type: 'refresh_token', refresh_token: String(answer.refresh_token) })
    tokens.push(String(answer.access_token))
  }
  return tokens
}

const FORM = 'application/x-www-form-urlencoded'

async function postJson(url: string, body: string, type: string): Promise<Record<string, unknown>> {
  const response = await fetch(url, { method: 'POST', body, headers: { 'content-type': type } })
  const answer = (await response.json()) as Record<string, unknown>
  if (!response.ok) throw new Error(`${url}: ${response.status} ${JSON.stringify(answer)}`)
  return answer
}
