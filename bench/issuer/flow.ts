import { createHash, randomBytes } from 'node:crypto'
import { Client } from 'undici'

/** What a peer says of itself when it serves. */
export interface Said {
  readonly clientId: string
  /** Of the client, which proves nothing. Not followed. */
  readonly redirectUri: string
  readonly paths: { readonly authorize: string; readonly token: string }
  /** Of a browser whose person is signed in and has said yes to the client before. */
  readonly cookie: string
  readonly scope: string
  readonly resource: string
  /** Refresh tokens that are good for one use each. */
  readonly tokens: readonly string[]
  /** How many parts its access tokens have: three are a JWT, which it signed. */
  readonly parts: number
}

export interface Issued {
  readonly access_token: string
  readonly refresh_token: string
}

/** A code flow from its first request to its tokens. @throws when the person would have been asked anything. */
export async function codeFlow(client: Client, said: Said): Promise<Issued> {
  const { clientId, redirectUri, paths, cookie, scope, resource } = said
  const verifier = randomBytes(32).toString('base64url')
  const asked = new URLSearchParams({
    ...{ client_id: clientId, redirect_uri: redirectUri, response_type: 'code', scope, resource, state: verifier },
    ...{ code_challenge: createHash('sha256').update(verifier).digest('base64url'), code_challenge_method: 'S256' },
  })
  const { statusCode, headers, body } = await client.request({
    ...{ method: 'GET', path: `${paths.authorize}?${asked}`, headers: { cookie, accept: 'text/html' } },
  })
  const text = await body.text()
  const location = String(headers.location ?? '')
  const code = location.startsWith(redirectUri) ? new URL(location).searchParams.get('code') : null
  if (code === null) throw new Error(`${statusCode} ${location} ${text.slice(0, 300)}`)
  const grant = { grant_type: 'authorization_code', code, redirect_uri: redirectUri, code_verifier: verifier }
  return redeem(client, said, { ...grant, resource })
}

/** @throws unless the answer brings what is expected of it. */
export async function redeem(client: Client, said: Said, fields: Readonly<Record<string, string>>): Promise<Issued> {
  const { statusCode, body } = await client.request({
    ...{ method: 'POST', path: said.paths.token },
    body: new URLSearchParams({ ...fields, client_id: said.clientId }).toString(),
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  })
  const answer = (await body.json()) as Issued & { readonly token_type?: string; readonly expires_in?: number }
  const isRight = statusCode === 200 && answer.token_type?.toLowerCase() === 'bearer' && answer.expires_in === 900
  const isWhole = typeof answer.refresh_token === 'string' && answer.access_token?.split('.').length === said.parts
  if (!isRight || !isWhole || answer.refresh_token === fields.refresh_token) {
    throw new Error(`${statusCode} ${JSON.stringify(answer)}`)
  }
  return answer
}

/** Refresh tokens of as many grants, got as a client gets them. */
export async function tokensOf(port: number, said: Said, count: number): Promise<string[]> {
  const client = new Client(`http://127.0.0.1:${port}`)
  const tokens: string[] = []
  while (tokens.length < count) tokens.push((await codeFlow(client, said)).refresh_token)
  await client.close()
  return tokens
}
