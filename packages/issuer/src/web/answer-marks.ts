import { hash, randomBytes } from 'node:crypto'
import { cookieKind, readCookie, writeCookie } from './cookies.ts'
import type { Visit } from './visit.ts'

/** From a form to the page that goes on from it: at once, or by a link that a person follows. Seconds. */
const SECONDS = 600

/**
 * Ties an answer to the browser that gave it. The cookie that leads to a question may have been planted: by another port
 * of the same machine, or by a host beside ours. So each answer gives its browser a cookie that was nowhere before, and
 * whoever has only put the question cannot go on with what somebody else said.
 */
export class AnswerMarks {
  private readonly isSecure: boolean

  /** @param isSecure Whether the issuer is served over https. */
  constructor(isSecure: boolean) {
    this.isSecure = isSecure
  }

  /** @param uid Names the question. @returns the mark to be kept with the answer, and a value for `set-cookie`. */
  make(uid: string): { readonly mark: string; readonly cookie: string } {
    const secret = randomBytes(32).toString('base64url')
    return { mark: markOf(secret), cookie: writeCookie(this.kind(uid), secret, SECONDS) }
  }

  /** Whether this browser gave the answer with that mark. */
  isOf(visit: Visit, uid: string, mark: string): boolean {
    const secret = readCookie(visit, this.kind(uid))
    return secret !== undefined && markOf(secret) === mark
  }

  /** A value for `set-cookie`: the browser has gone on. */
  end(uid: string): string {
    return writeCookie(this.kind(uid), '', 0)
  }

  /** One for each question, so that two tabs do not meet. */
  private kind(uid: string) {
    return cookieKind(`answer-${uid}`, this.isSecure)
  }
}

function markOf(secret: string): string {
  return hash('sha256', secret, 'base64url')
}
