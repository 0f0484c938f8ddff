import type { Reply } from '@portcullis/auth/http'
import { html, isOpenable, page, shownName, TEXTS, targetOf } from '../web/index.ts'

/**
 * An authorization that failed where nothing may lead back to the client: what it is called in the protocol, and nothing
 * of how it came about. The status stays, and cookies that the engine set. @param clientId Who asked, where that is known.
 */
export function faultPage({ status, headers, body }: Reply, clientId?: string): Reply {
  const { title, text, server, code, unknownClient, redirect } = TEXTS.fault
  const error = errorOf(body)
  // Who is named by a document is told what is wrong with that.
  const isForgotten = error === 'invalid_client' && clientId !== undefined && !URL.canParse(clientId)
  const said = isForgotten ? unknownClient : error === 'invalid_redirect_uri' ? redirect : text
  const main = html`<h1>${title}</h1>
<p>${status >= 500 ? server : said}</p>
${isForgotten ? undefined : reasonOf(body)}
<p class="quiet">${code} <code>${error}</code></p>`
  return page(title, main, { status, cookies: cookiesOf(headers) })
}

/** The authorization endpoint without a client that asks: somebody looks what is there. */
export function barePage({ status, headers }: Reply): Reply {
  const { title, text } = TEXTS.bare
  return page(title, html`<h1>${title}</h1>\n<p>${text}</p>`, { status, cookies: cookiesOf(headers) })
}

/** Too many authorizations were asked for from where this one comes from. */
export function waitPage(seconds: number): Reply {
  const { title, text } = TEXTS.tooOften
  return page(
    title,
    html`<h1>${title}</h1>
<p>${text(seconds)}</p>`,
    { status: 429, retryAfter: seconds },
  )
}

/**
 * Asks before a browser is led to an address that anybody may have registered, when nothing was done there for the person
 * yet (RFC 9700 §4.11.2, requirements AS-57): else the issuer's name would open any door.
 */
export function leavePage(location: string, { headers }: Reply): Reply {
  const { title, text, to, code, act } = TEXTS.leave
  const target = targetOf(location)
  const main = html`<h1>${title}</h1>
<p>${text}</p>
<dl class="facts"><dt>${to}</dt><dd><strong>${target}</strong></dd>
<dt>${code}</dt><dd><code>${shownName(answerOf(location).get('error') ?? '')}</code></dd></dl>
${isOpenable(location) ? html`<div class="row"><a class="button" rel="noreferrer" href="${location}">${act(target)}</a></div>` : undefined}`
  return page(title, main, { status: 400, cookies: cookiesOf(headers) })
}

/** What an authorization response says (RFC 6749 §4.1.2), in whichever part of the URL it stands. */
export function answerOf(location: string): URLSearchParams {
  const { search, hash } = new URL(location)
  return new URLSearchParams(hash.includes('error=') ? hash.slice(1) : search)
}

function errorOf(body: string): string {
  try {
    const { error } = JSON.parse(body)
    return /^[a-z_]{1,60}$/.test(error) ? error : 'server_error'
  } catch {
    return 'server_error'
  }
}

/** What is wrong with the client itself; in words of ours, for the person cannot see its document. */
function reasonOf(body: string) {
  if (!CLIENT_FAULTS.includes(errorOf(body))) return undefined
  const { error_description: reason } = JSON.parse(body)
  return typeof reason === 'string' ? html`<p>${reason.slice(0, 300)}</p>` : undefined
}

const CLIENT_FAULTS = ['invalid_client', 'temporarily_unavailable']

export function valuesOf(headers: readonly string[], name: string): readonly string[] {
  return headers.filter((_, index) => index % 2 === 1 && headers[index - 1] === name)
}

const cookiesOf = (headers: readonly string[]): readonly string[] => valuesOf(headers, 'set-cookie')
