import { compileAccess, holds, READ_SCOPE } from '../policy/index.ts'
import { isAudience } from '../protocol/index.ts'
import type { MaybePromise, RevocationKind, RevocationStore } from '../store/index.ts'
import { type Disproof, type Proof, Proofs, type TokenIssuer } from './proofs.ts'
import { Revoked } from './revoked.ts'
import type { GuardedServer, Principal, Refusal, ResourceTerms, Verdict } from './verdict.ts'

export interface TokenOptions {
  readonly issuers: readonly TokenIssuer[]
  readonly revocations: RevocationStore
  /** Current time, in seconds since the epoch. */
  readonly now: () => number
  readonly defer: (work: () => void) => void
}

/** How far the clock of an issuer may be ahead of ours, in seconds. An expiry is held to the second. */
const SKEW = 30
const NO_ROLES: ReadonlySet<string> = new Set()

/** What a token comes to on a server, as its scopes were when it was compiled. */
interface Granted {
  readonly server: GuardedServer
  readonly verdict: Verdict
}

/** Decides what an access token is worth on a server (RFC 9068 §4, requirements RS-43…RS-58). */
export class TokenJudge {
  private readonly proofs: Proofs
  private readonly revoked: Revoked
  private readonly now: () => number
  private readonly granted = new WeakMap<Proof, Granted>()

  constructor({ issuers, revocations, now, defer }: TokenOptions) {
    this.proofs = new Proofs(issuers)
    this.revoked = new Revoked(revocations, now, defer)
    this.now = now
  }

  /** Answers at once for a token that was proven before. @throws when the store or an issuer's keys do not answer. */
  judge(token: string, server: GuardedServer): MaybePromise<Verdict> {
    const proof = this.proofs.prove(token)
    if (proof instanceof Promise) return proof.then((late) => this.afresh(late, server))
    return this.afresh(proof, server)
  }

  /** What has ended a principal's token, or that it has expired; undefined while it stands. */
  endOf(principal: Principal): MaybePromise<RevocationKind | 'expired' | undefined> {
    const { credentialId: tokenId, subject, clientId, expiresAt = 0, token } = principal
    const look = () => {
      if (expiresAt <= this.now()) return 'expired'
      return this.revoked.endOf({ tokenId, subject, clientId, issuedAt: 0, ...token })
    }
    const freshened = this.revoked.freshen()
    return freshened instanceof Promise ? freshened.then(look) : look()
  }

  /** The proof may be old, or have taken its time: what was revoked is asked after it. */
  private afresh(proof: Proof | Disproof, server: GuardedServer): MaybePromise<Verdict> {
    if (typeof proof === 'string') return refused({ reason: 'token_invalid', because: proof })
    const freshened = this.revoked.freshen()
    return freshened instanceof Promise ? freshened.then(() => this.weigh(proof, server)) : this.weigh(proof, server)
  }

  private weigh(proof: Proof, server: GuardedServer): Verdict {
    const { claims } = proof
    const { tokenId, expiresAt, notBefore, audience } = claims
    const { uri, issuers } = server.resource as ResourceTerms
    if (claims.isBound) return refused({ reason: 'token_invalid', because: 'bound' })
    if (!issuers.includes(claims.issuer)) return refused({ reason: 'token_invalid', because: 'issuer' })
    if (!isAudience(audience, uri)) return refused({ reason: 'token_elsewhere', credentialId: tokenId, audience })
    const now = this.now()
    if (Math.max(notBefore ?? 0, claims.issuedAt) > now + SKEW) {
      return refused({ reason: 'token_invalid', because: 'not_yet' })
    }
    if (expiresAt <= now) return refused({ reason: 'token_expired', credentialId: tokenId, expiredAt: expiresAt })
    const because = this.revoked.endOf(claims)
    if (because !== undefined) return refused({ reason: 'token_revoked', credentialId: tokenId, because })
    return this.grant(proof, server)
  }

  private grant(proof: Proof, server: GuardedServer): Verdict {
    const known = this.granted.get(proof)
    if (known?.server === server) return known.verdict
    const { claims } = proof
    const scopes = new Set(claims.scopes.filter((scope) => server.scopes.all.has(scope)))
    const { issuer, subject, clientId, tokenId, expiresAt, issuedAt, grantId } = claims
    const verdict: Verdict = {
      kind: 'granted',
      principal: {
        kind: 'oauth',
        issuer,
        subject,
        clientId,
        credentialId: tokenId,
        scopes,
        roles: NO_ROLES,
        expiresAt,
        token: { issuedAt, ...(grantId === undefined ? {} : { grantId }) },
        ...(server.tenant === undefined ? {} : { tenant: server.tenant }),
      },
      access: compileAccess(server.scopes, {
        scopes,
        reads: holds(scopes, READ_SCOPE),
        listsOnly: false,
        stepsUp: true,
      }),
    }
    this.granted.set(proof, { server, verdict })
    return verdict
  }
}

function refused(refusal: Refusal): Verdict {
  return { kind: 'refused', refusal }
}
