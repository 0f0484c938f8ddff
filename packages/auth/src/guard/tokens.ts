import { type MaybePromise, nameOf } from '../crypto/index.ts'
import type { Introspection, TokenIssuer } from '../issuers/index.ts'
import { type Claims, MAX_TOKEN, readJwt } from '../protocol/index.ts'
import type { RevocationKind, RevocationStore } from '../store/index.ts'
import { OpenAnswers } from './open-answers.ts'
import { type Disproof, Proofs, publicNameOf } from './proofs.ts'
import { Revoked } from './revoked.ts'
import { type Standing, standingOf, type Trusted, trustedBy } from './standing.ts'
import { SharedTerms, type TokenFacts, type TokenTerms } from './token-terms.ts'
import type { GuardedServer, Principal, Refusal, Verdict } from './verdict.ts'

export interface TokenOptions {
  readonly issuers: readonly TokenIssuer[]
  /**
   * What ended early, of tokens of our own issuer. Absent: nothing does before its expiry. A `Revoked` where several
   * guards of one process share a store: its feed tells of each end once.
   */
  readonly revocations?: RevocationStore | Revoked
  /** Current time, in seconds since the epoch. */
  readonly now: () => number
  readonly defer: (work: () => void) => void
}

/** How far the clock of an issuer may be ahead of ours, in seconds. An expiry is held to the second. */
const SKEW = 30

/** How every JWT begins whose header is written without white space: `{"`. */
const FIELD_OF_JWT = 'Bearer ey'

/** Decides what an access token is worth on a server (RFC 9068 §4, requirements RS-43…RS-58). */
export class TokenJudge {
  readonly #issuers: readonly TokenIssuer[]
  readonly #proofs: Proofs
  readonly #revoked: Revoked | undefined
  readonly #now: () => number
  readonly #trusted = new WeakMap<GuardedServer, Trusted>()
  readonly #standings = new WeakMap<TokenTerms | TokenFacts, Standing>()
  readonly #answered = new SharedTerms()
  readonly #open: OpenAnswers
  /** Whether this runtime's hashes come by promise. */
  #hashesLate = false

  /** @throws {TypeError} for an issuer that is there twice: its tokens would be read in two ways. */
  constructor({ issuers, revocations, now, defer }: TokenOptions) {
    const names = issuers.map(({ issuer }) => issuer)
    const doubled = names.find((name, index) => names.indexOf(name) !== index)
    if (doubled !== undefined) throw new TypeError(`the issuer ${doubled} is there twice: give it one set of options`)
    this.#issuers = issuers
    this.#proofs = new Proofs(issuers)
    this.#revoked =
      revocations === undefined || revocations instanceof Revoked ? revocations : new Revoked(revocations, now, defer)
    this.#now = now
    this.#open = new OpenAnswers(now)
  }

  /** Answers at once for a token that was proven before. @throws when the store or an issuer does not answer. */
  judge(token: string, server: GuardedServer): MaybePromise<Verdict> {
    if (token.length > MAX_TOKEN) return refused({ reason: 'token_invalid', because: 'size' })
    const name = nameOf(token)
    return name instanceof Promise
      ? name.then((late) => this.#judgeNamed(token, late, server))
      : this.#judgeNamed(token, name, server)
  }

  /**
   * The short way, past all reading: the verdict on an `Authorization` field whose token was proven before, character by
   * character. Whoever calls has looked that no other credential came.
   * @returns undefined for every other field, which may be good or bad: `judge` tells, once it was read.
   */
  recall(field: string, server: GuardedServer): MaybePromise<Verdict> | undefined {
    if (this.#hashesLate || field.length > MAX_TOKEN || !field.startsWith(FIELD_OF_JWT)) return undefined
    const token = field.slice('Bearer '.length)
    const name = nameOf(token)
    if (name instanceof Promise) {
      this.#hashesLate = true
      return undefined
    }
    const known = this.#proofs.find(name)
    // Where the issuer is asked about its JWTs, too, no proof speaks for it.
    if (known === undefined || this.#trustedBy(server).askedOfAll.size > 0) return undefined
    return this.#hold(this.#proofs.prove(token, name, known), server)
  }

  /** What has ended a principal's token, or that it has expired; undefined while it stands. */
  endOf(principal: Principal): MaybePromise<RevocationKind | 'expired' | undefined> {
    const { credentialId: tokenId, subject, clientId, expiresAt, token } = principal
    const look = () => {
      if (expiresAt !== undefined && expiresAt <= this.#now()) return 'expired'
      if (this.#open.hasEnded(principal)) return 'token'
      return this.#revoked?.endOf({ tokenId, subject, clientId, issuedAt: 0, ...token })
    }
    const freshened = this.#revoked?.freshen()
    return freshened instanceof Promise ? freshened.then(look) : look()
  }

  #judgeNamed(token: string, name: string, server: GuardedServer): MaybePromise<Verdict> {
    const trusted = this.#trustedBy(server)
    if (trusted.asked !== undefined) {
      const issuer = toAsk(token, trusted)
      if (issuer !== undefined) return this.#ask(issuer, token, name, server)
    }
    return this.#hold(this.#proofs.prove(token, name), server)
  }

  #hold(proof: MaybePromise<TokenFacts | Disproof>, server: GuardedServer): MaybePromise<Verdict> {
    return proof instanceof Promise ? proof.then((late) => this.#afresh(late, server)) : this.#afresh(proof, server)
  }

  #ask(issuer: TokenIssuer, token: string, name: string, server: GuardedServer): MaybePromise<Verdict> {
    const introspection = issuer.introspection as Introspection
    const hear = (claims: Claims | undefined): MaybePromise<Verdict> => {
      if (claims === undefined) return refused({ reason: 'token_invalid', because: 'inactive' })
      const verdict = this.#afresh(this.#answered.factsOf(issuer, undefined, claims), server)
      const note = (late: Verdict) => this.#open.note(late, introspection, token, name)
      return verdict instanceof Promise ? verdict.then(note) : note(verdict)
    }
    const claims = introspection.ask(token, name, publicNameOf(name))
    return claims instanceof Promise ? claims.then(hear) : hear(claims)
  }

  /** The proof may be old, or have taken its time: what was revoked is asked after it. */
  #afresh(proof: TokenFacts | Disproof, server: GuardedServer): MaybePromise<Verdict> {
    if (typeof proof === 'string') return refused({ reason: 'token_invalid', because: proof })
    const freshened = this.#revoked?.freshen()
    return freshened instanceof Promise ? freshened.then(() => this.#weigh(proof, server)) : this.#weigh(proof, server)
  }

  #weigh(facts: TokenFacts, server: GuardedServer): Verdict {
    const { terms, tokenId, expiresAt, notBefore, issuedAt } = facts
    const standing = this.#standingAt(facts, server)
    if (standing.kind === 'bad') return refused({ reason: 'token_invalid', because: standing.because })
    if (standing.kind === 'elsewhere') {
      return refused({ reason: 'token_elsewhere', credentialId: tokenId, audience: terms.audience })
    }
    const now = this.#now()
    if (Math.max(notBefore, issuedAt) > now + SKEW) return refused({ reason: 'token_invalid', because: 'not_yet' })
    if (expiresAt !== 0 && expiresAt <= now) {
      return refused({ reason: 'token_expired', credentialId: tokenId, expiredAt: expiresAt })
    }
    const { subject, clientId, grantId } = facts
    const because = this.#revoked?.endOf({ tokenId, subject, clientId, issuedAt, grantId })
    if (because !== undefined) return refused({ reason: 'token_revoked', credentialId: tokenId, because })
    const token = grantId === undefined ? { issuedAt } : { issuedAt, grantId }
    const { shared, access } = standing
    // Written out: one object is made per request, not three.
    const principal: Principal =
      expiresAt === 0
        ? { ...shared, subject, clientId, credentialId: tokenId, token }
        : { ...shared, subject, clientId, credentialId: tokenId, token, expiresAt }
    return { kind: 'granted', principal, access }
  }

  #standingAt(facts: TokenFacts, server: GuardedServer): Standing {
    // What one client is limited to is nobody else's standing.
    const isShared = server.rules?.limitOf(facts.clientId) === undefined
    const bearer = isShared ? facts.terms : facts
    const known = this.#standings.get(bearer)
    if (known?.server === server && known.version === server.rules?.version) return known
    const standing = standingOf(facts, server, this.#trustedBy(server))
    this.#standings.set(bearer, standing)
    return standing
  }

  #trustedBy(server: GuardedServer): Trusted {
    const known = this.#trusted.get(server)
    if (known !== undefined) return known
    const trusted = trustedBy(server, this.#issuers)
    this.#trusted.set(server, trusted)
    return trusted
  }
}

/** Who is to be asked about a token, if anyone: of what is no JWT the one who is asked, of a JWT only its own issuer. */
function toAsk(token: string, { asked, askedOfAll }: Trusted): TokenIssuer | undefined {
  if (!token.includes('.')) return asked
  if (askedOfAll.size === 0) return undefined
  const jwt = readJwt(token)
  if (jwt === undefined) return asked
  const { iss } = jwt.payload
  return [...askedOfAll].find(({ issuer }) => issuer === iss)
}

function refused(refusal: Refusal): Verdict {
  return { kind: 'refused', refusal }
}
