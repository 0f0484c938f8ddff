import { isDigestOf, storedDigest } from '../crypto/index.ts'
import { type Access, compileAccess, holds, READ_SCOPE, type Rules, type ToolScopes } from '../policy/index.ts'
import { publicIdIn, readSecretText } from '../protocol/index.ts'
import type { CredentialStore, MaybePromise } from '../store/index.ts'
import { CredentialDirectory, type Entry, type Terms } from './directory.ts'
import { type FixedKey, type FixedKeys, OPERATOR } from './fixed-keys.ts'
import { bringsCredential, type Presented, readPresented } from './presented.ts'
import { TokenJudge, type TokenOptions } from './tokens.ts'
import type { GuardedServer, Principal, Refusal, RequestView, Verdict } from './verdict.ts'
import { Watch } from './watch.ts'

export interface GuardOptions {
  /** A directory where several guards of one process share a store: its feed tells of each change once. */
  readonly credentials: Pick<CredentialStore, 'find' | 'list' | 'changes' | 'touch'> | CredentialDirectory
  /** Current time, in seconds since the epoch. */
  readonly now: () => number
  /** Runs work in a later turn of the event loop (`setImmediate` on Node). */
  readonly defer: (work: () => void) => void
  /** For servers whose access has `oauth` or `jwt`. */
  readonly tokens?: Pick<TokenOptions, 'issuers' | 'revocations'>
  /** Keys that are good beside those of the store, at every server whose access has `api-key`, for all of its scopes. */
  readonly fixedKeys?: FixedKeys
}

/** Stands in for the digest of a key that nobody has, so that looking costs the same. No text is known to have it. */
const NOBODYS_DIGEST = storedDigest(new Uint8Array(32))
const NO_ROLES: ReadonlySet<string> = new Set()
const KEY_PREFIX = 'pcls_'
/** Who made the credentials that this guard knows. */
const ISSUER = 'portcullis'

/** What some terms come to on a server, as its scopes and rules were when they were compiled. */
interface Compiled {
  readonly scopes: ToolScopes
  readonly rules: Rules | undefined
  readonly version: number | undefined
  /** What all principals on these terms have in common. */
  readonly shared: Omit<Principal, 'subject' | 'clientId' | 'credentialId' | 'expiresAt'>
  readonly access: Access
}

/** Decides who a request comes from. One for all servers of a process. */
export class Guard {
  readonly directory: CredentialDirectory
  readonly watch: Watch
  readonly #tokens: TokenJudge | undefined
  readonly #fixedKeys: FixedKeys | undefined
  readonly #fixedTerms = new WeakMap<GuardedServer, Terms>()
  readonly #now: () => number
  readonly #compiled = new WeakMap<Terms, Compiled>()
  readonly #anonymous = new WeakMap<GuardedServer, Verdict>()

  constructor(options: GuardOptions) {
    this.#now = options.now
    const { credentials, tokens, now, defer } = options
    this.directory =
      credentials instanceof CredentialDirectory ? credentials : new CredentialDirectory(credentials, defer)
    this.#tokens = tokens === undefined ? undefined : new TokenJudge({ ...tokens, now, defer })
    this.#fixedKeys = options.fixedKeys
    this.watch = new Watch(this.directory, now, this.#tokens)
  }

  /**
   * The verdict on a request to a server's plain URL. Looks at the credential alone; what the request asks for is
   * decided with the `access` it returns. Answers at once unless the store or the runtime's hash needs a promise.
   * @throws when the store does not answer.
   */
  check(view: RequestView, server: GuardedServer): MaybePromise<Verdict> {
    if (server.access.has('public')) return this.#admitAnyone(server)
    const takesKeys = server.access.has('api-key')
    const tokens = this.#tokensFor(server)
    // Where only secret URLs lead in, the plain one is an address where nothing is.
    if (!takesKeys && tokens === undefined) return refused({ reason: 'url_unknown', because: 'shape' })
    const recalled = tokens && this.#recallToken(view, server, tokens)
    if (recalled !== undefined) return recalled
    const presented = readPresented(view)
    if (presented.kind === 'none') return refused({ reason: tokens === undefined ? 'key_missing' : 'token_missing' })
    if (presented.kind === 'refused') return presented
    const fixed = takesKeys ? this.#fixedKeys?.find(presented.secret) : undefined
    if (fixed instanceof Promise) return fixed.then((late) => this.#judgePresented(presented, late, tokens, server))
    return this.#judgePresented(presented, fixed, tokens, server)
  }

  /** Only where nothing but a token can be meant. */
  #recallToken(view: RequestView, server: GuardedServer, tokens: TokenJudge): MaybePromise<Verdict> | undefined {
    const field = view.header('authorization')
    if (field === undefined || view.isRepeated('authorization') || view.header('x-api-key') !== undefined)
      return undefined
    return this.#fixedKeys === undefined ? tokens.recall(field, server) : undefined
  }

  /** @param fixed The key that was named before the start and is the one presented. */
  #judgePresented(
    { secret, isBearer }: Extract<Presented, { kind: 'secret' }>,
    fixed: FixedKey | undefined,
    tokens: TokenJudge | undefined,
    server: GuardedServer,
  ): MaybePromise<Verdict> {
    if (fixed !== undefined) return this.#grantFixed(fixed, server)
    // Its prefix says what a credential is: a key is never taken for a token, nor a token for a key.
    if (tokens !== undefined && isBearer && !secret.startsWith(KEY_PREFIX)) return tokens.judge(secret, server)
    if (!server.access.has('api-key')) return refused({ reason: 'key_invalid', because: 'not_taken' })
    const id = publicIdIn('api-key', secret)
    if (id === undefined) return refused(this.#whyNoId(secret))
    return this.#lookUp(id, secret, (entry, matches) => this.#judgeKey(id, secret, entry, matches, server))
  }

  /**
   * The verdict on a request to an unlisted URL. Every refusal but one is a 404: who holds the secret may learn that
   * it must come alone, nobody else learns that there is anything.
   */
  checkSecretUrl(secret: string, view: RequestView, server: GuardedServer): MaybePromise<Verdict> {
    if (!server.access.has('unlisted')) return refused({ reason: 'url_unknown', because: 'shape' })
    const read = readSecretText('secret-url', secret)
    if (read.kind === 'malformed') return refused({ reason: 'url_unknown', because: 'shape' })
    return this.#lookUp(read.id, secret, (entry, matches) =>
      this.#judgeSecretUrl(read.id, entry, matches, view, server),
    )
  }

  /** Keys that were named before the start have no form that anyone could be told to keep to. */
  #whyNoId(secret: string): Refusal {
    return this.#fixedKeys === undefined || secret.startsWith(KEY_PREFIX)
      ? { reason: 'key_malformed', fault: 'shape' }
      : { reason: 'key_invalid', because: 'unknown' }
  }

  #tokensFor({ resource, tokens }: GuardedServer): TokenJudge | undefined {
    return resource === undefined && tokens === undefined ? undefined : this.#tokens
  }

  #lookUp(id: string, secret: string, judge: Judge): MaybePromise<Verdict> {
    const freshened = this.directory.freshen()
    const entry = freshened instanceof Promise ? freshened.then(() => this.directory.find(id)) : this.directory.find(id)
    return entry instanceof Promise
      ? entry.then((late) => compareAndJudge(late, secret, judge))
      : compareAndJudge(entry, secret, judge)
  }

  #judgeKey(id: string, key: string, entry: Entry | undefined, matches: boolean, server: GuardedServer): Verdict {
    // A digest that matches proves the spelling, too; all others are looked at, known or not.
    if (!matches || entry === undefined) return refused(whyNoKey(key, entry))
    const { terms, expiresAt, revokedAt } = entry
    if (terms.kind === 'secret-url') return refused({ reason: 'key_invalid', because: 'other_kind', credentialId: id })
    if (terms.server !== server.name) {
      return refused({ reason: 'key_invalid', because: 'other_server', credentialId: id })
    }
    if (server.tenant !== undefined && terms.tenant !== server.tenant) {
      return refused({ reason: 'key_invalid', because: 'other_tenant', credentialId: id })
    }
    // From here on the caller has proven to hold the whole key and may be told what became of it.
    if (revokedAt !== 0) return refused({ reason: 'key_revoked', credentialId: id, revokedAt })
    if (expiresAt !== 0 && expiresAt <= this.#now()) {
      return refused({ reason: 'key_expired', credentialId: id, expiredAt: expiresAt })
    }
    return this.#grant(id, entry, server)
  }

  #judgeSecretUrl(
    id: string,
    entry: Entry | undefined,
    matches: boolean,
    view: RequestView,
    server: GuardedServer,
  ): Verdict {
    if (entry === undefined || !matches || entry.terms.kind !== 'secret-url') {
      return refused({ reason: 'url_unknown', because: 'unknown' })
    }
    const isElsewhere =
      entry.terms.server !== server.name || (server.tenant !== undefined && entry.terms.tenant !== server.tenant)
    if (isElsewhere) return refused({ reason: 'url_unknown', because: 'other_server', credentialId: id })
    if (entry.revokedAt !== 0) return refused({ reason: 'url_unknown', because: 'revoked', credentialId: id })
    if (entry.expiresAt !== 0 && entry.expiresAt <= this.#now()) {
      return refused({ reason: 'url_unknown', because: 'expired', credentialId: id })
    }
    if (bringsCredential(view)) return refused({ reason: 'credentials_conflict' })
    return this.#grant(id, entry, server)
  }

  #grant(id: string, entry: Entry, server: GuardedServer): Verdict {
    const { terms, clientId, expiresAt } = entry
    const { shared, access } = this.#compile(terms, clientId, server)
    this.directory.noteUse(id, entry, this.#now)
    const own: Principal = { ...shared, subject: clientId, clientId, credentialId: id }
    return { kind: 'granted', principal: expiresAt === 0 ? own : { ...own, expiresAt }, access }
  }

  #grantFixed({ id }: FixedKey, server: GuardedServer): Verdict {
    let terms = this.#fixedTerms.get(server)
    if (terms === undefined) {
      const { name, tenant } = server
      terms = { kind: 'api-key', server: name, ...(tenant === undefined ? {} : { tenant }) }
      this.#fixedTerms.set(server, terms)
    }
    const { shared, access } = this.#compile(terms, id, server)
    const principal = { ...shared, issuer: OPERATOR, subject: id, clientId: id, credentialId: id }
    return { kind: 'granted', principal, access }
  }

  #compile(terms: Terms, clientId: string, server: GuardedServer): Compiled {
    const { rules } = server
    // What one client is limited to is nobody else's access.
    const isShared = rules?.limitOf(clientId) === undefined
    const known = isShared ? this.#compiled.get(terms) : undefined
    if (known?.scopes === server.scopes && known.rules === rules && known.version === rules?.version) return known
    const scopes = terms.scopes === undefined ? server.scopes.all : new Set(terms.scopes)
    const access = compileAccess(server.scopes, {
      scopes,
      listsOnly: terms.kind === 'probe',
      // A credential that was limited reads contents only where that was said.
      reads: terms.scopes === undefined ? terms.tools === undefined : holds(scopes, READ_SCOPE),
      ...(terms.tools === undefined ? undefined : { tools: terms.tools }),
      rules,
      caller: { clientId, tenant: terms.tenant, roles: NO_ROLES },
    })
    const { kind, tenant, tools } = terms
    const shared = {
      kind,
      issuer: ISSUER,
      scopes,
      roles: NO_ROLES,
      ...(tenant === undefined ? {} : { tenant }),
      ...(tools === undefined ? {} : { tools }),
    }
    const compiled = { scopes: server.scopes, rules, version: rules?.version, shared, access }
    if (isShared) this.#compiled.set(terms, compiled)
    return compiled
  }

  #admitAnyone(server: GuardedServer): Verdict {
    const known = this.#anonymous.get(server)
    if (known !== undefined) return known
    const scopes = server.scopes.all
    const verdict: Verdict = {
      kind: 'granted',
      principal: {
        kind: 'anonymous',
        issuer: ISSUER,
        subject: 'anyone',
        clientId: 'anyone',
        credentialId: '',
        scopes,
        roles: NO_ROLES,
      },
      access: compileAccess(server.scopes, {
        scopes,
        listsOnly: false,
        reads: true,
        isPrivate: false,
        rules: server.rules,
        caller: { isNobody: true, roles: NO_ROLES },
      }),
    }
    this.#anonymous.set(server, verdict)
    return verdict
  }
}

/** @param matches Whether the presented secret is the one of this entry. */
type Judge = (entry: Entry | undefined, matches: boolean) => Verdict

/** Hash and comparison happen for secrets that nobody has, too: no answer comes sooner for them. */
function compareAndJudge(entry: Entry | undefined, secret: string, judge: Judge): MaybePromise<Verdict> {
  const matches = entry === undefined ? isDigestOf(NOBODYS_DIGEST, secret) : entry.isDigestOf(secret)
  return matches instanceof Promise ? matches.then((late) => judge(entry, late)) : judge(entry, matches)
}

/** What is wrong with a key that is nobody's: its spelling, which anyone can tell, or nothing that may be told. */
function whyNoKey(key: string, entry: Entry | undefined): Refusal {
  const read = readSecretText('api-key', key)
  if (read.kind === 'malformed') return { reason: 'key_malformed', fault: read.fault }
  return { reason: 'key_invalid', because: entry === undefined ? 'unknown' : 'wrong_secret' }
}

function refused(refusal: Refusal): Verdict {
  return { kind: 'refused', refusal }
}
