import { randomText } from '@portcullis/auth/crypto'
import type { AccountRecord, AccountStore, LinkKind } from '@portcullis/auth/store'
import type { IssuerEvent, OnIssuerEvent } from '../events.ts'
import { hashOf, type Vault } from '../vault/index.ts'
import { hashOfNobody, hashPassword, isPassword } from './passwords.ts'
import { canonicalName, faultOfName, faultOfPassword } from './rules.ts'

const HOUR = 3600
/** How long one-time links are good for, in seconds. */
export const LINK_SECONDS: Readonly<Record<LinkKind, number>> = {
  setup: HOUR,
  invitation: 7 * 24 * HOUR,
  reset: HOUR,
}

export interface PeopleNeeds {
  readonly store: AccountStore
  /** Current time, seconds since the epoch. */
  readonly now: () => number
  readonly onEvent: OnIssuerEvent
  /** Ends whatever an account granted, and its browser sessions. */
  readonly endAccess: (accountId: string, actor: IssuerEvent['actor']) => Promise<unknown>
  /** Where browser sessions are kept. */
  readonly vault: Vault
}

type Actor = IssuerEvent['actor']
/** The engine's words for a browser session, and for what a person is asked: it may hold a sign-in that no session is of yet. */
const KEPT_OF_BROWSERS = ['Session', 'Interaction'] as const
/** When an account's sessions have ended last: a mark that is drawn anew each time. It outlasts every sign-in on its way. */
const ENDED = 'SessionsEnded'
const ENDED_SECONDS = 86_400
/** On whose behalf passwords are hashed when no network is: the operator's. */
const OPERATOR = 'operator'

/** Those who can sign in. */
export class People {
  readonly store: AccountStore
  private readonly needs: PeopleNeeds
  /** Stands in for the password of nobody, so that a name without an account takes as long. */
  private readonly nobodys = hashOfNobody()

  constructor(needs: PeopleNeeds) {
    this.needs = needs
    this.store = needs.store
  }

  /** Whether tokens may be issued for an account. */
  async isLive(id: string): Promise<boolean> {
    const account = await this.store.find(id)
    return account !== undefined && account.disabledAt === undefined
  }

  /**
   * A word that is another one once their password is, and whenever their sessions end: who has signed in and has no
   * session yet keeps it, to see whether it is too late for one. @returns undefined for who may not sign in.
   */
  async standingOf(id: string): Promise<string | undefined> {
    const account = await this.store.find(id)
    if (account === undefined || account.disabledAt !== undefined) return undefined
    const ended = await this.needs.vault.find(ENDED, id, this.needs.now())
    return hashOf(`${account.password} ${ended?.payload.mark}`)
  }

  /**
   * Whose name and password these are. Takes the same time for names that nobody has, accounts without a password and
   * those that are disabled.
   * @param asker On whose behalf: their network. @param isKnown Whether strangers leave them a place.
   * @throws {BusyError} when too many are being checked.
   */
  async recognize(name: string, password: string, asker: string, isKnown = false): Promise<AccountRecord | undefined> {
    const account = await this.store.findByName(canonicalName(name))
    const isRight = await isPassword(account?.password ?? this.nobodys, password, asker, isKnown)
    if (!isRight || account?.password === undefined || account.disabledAt !== undefined) return undefined
    return account
  }

  async noteSignIn(id: string): Promise<void> {
    await this.store.noteSignIn(id, this.needs.now())
  }

  /** In the order of their names. */
  async list(): Promise<readonly AccountRecord[]> {
    return this.store.list()
  }

  async findByName(name: string): Promise<AccountRecord | undefined> {
    return this.store.findByName(canonicalName(name))
  }

  /**
   * @param password Absent: an invitation is to follow.
   * @returns undefined when the name is taken. @throws {TypeError} for a name or password that the rules refuse.
   */
  async create(name: string, password: string | undefined, isAdmin = false): Promise<AccountRecord | undefined> {
    const account = await this.draft(name, password, isAdmin, OPERATOR)
    if (!(await this.store.insert(account))) return undefined
    this.say('account.created', account.id, 'command', { is_admin: isAdmin })
    return account
  }

  /**
   * The first account, an administrator's.
   * @returns undefined when the link is void or there is an account already. @throws {TypeError} as `create`.
   */
  async createFirst(token: string, name: string, password: string, asker: string): Promise<AccountRecord | undefined> {
    if ((await this.findLink(token)) !== 'setup') return undefined
    const account = await this.draft(name, password, true, asker)
    if (!(await this.store.insertFirst(account))) return undefined
    await this.store.removeLinks('setup')
    this.say('account.created', account.id, 'person', { is_admin: true })
    return account
  }

  /** A token that makes the first account. @returns undefined once there is one. */
  async startSetup(): Promise<string | undefined> {
    return (await this.isSetUp()) ? undefined : this.makeLink('setup')
  }

  async isSetUp(): Promise<boolean> {
    return (await this.store.count()) > 0
  }

  /**
   * A token with which somebody chooses their first password; older links of theirs are void.
   * @returns undefined when they are not there or disabled.
   */
  async invite(id: string): Promise<string | undefined> {
    return this.makeLinkFor('invitation', id, 'account.invited')
  }

  /** A token with which somebody chooses another password. The old password works until then, older links no longer. */
  async reset(id: string): Promise<string | undefined> {
    return this.makeLinkFor('reset', id, 'account.reset_started')
  }

  /** What a token is for, as long as it is good. */
  async findLink(token: string): Promise<LinkKind | undefined> {
    const link = await this.store.findLink(hashOf(token), this.needs.now())
    if (link === undefined) return undefined
    if (link.kind === 'setup') return (await this.isSetUp()) ? undefined : 'setup'
    return link.accountId !== undefined && (await this.isLive(link.accountId)) ? link.kind : undefined
  }

  /** Whose password a token chooses, as long as it is good. */
  async ownerOf(token: string): Promise<AccountRecord | undefined> {
    const link = await this.store.findLink(hashOf(token), this.needs.now())
    if (link?.accountId === undefined || !(await this.isLive(link.accountId))) return undefined
    return this.store.find(link.accountId)
  }

  /**
   * Chooses a password by an invitation or a reset, and ends the sessions of all browsers.
   * @returns whose; undefined when the link is void. @throws {TypeError} as `create`.
   */
  async acceptLink(token: string, password: string, asker: string): Promise<AccountRecord | undefined> {
    const kind = await this.findLink(token)
    const owner = await this.ownerOf(token)
    if ((kind !== 'invitation' && kind !== 'reset') || owner === undefined) return undefined
    const hashed = await hash(password, asker)
    const link = await this.store.takeLink(hashOf(token), this.needs.now())
    // Whoever has chosen another password since has made the link void.
    if (link?.accountId === undefined || !(await this.store.changePassword(owner.id, hashed, owner.password)))
      return undefined
    await this.hasChanged(owner.id, kind)
    return { ...owner, password: hashed }
  }

  /**
   * Whether an account may still sign in with the password that it was recognized by. To be asked once what follows from
   * that is kept: who changes the password ends what is there, so one of both sees the other.
   */
  async isStill({ id, password }: AccountRecord): Promise<boolean> {
    const account = await this.store.find(id)
    return account !== undefined && account.disabledAt === undefined && account.password === password
  }

  /** @throws {TypeError} as `create`. */
  async setPassword(id: string, password: string, asker: string): Promise<void> {
    await this.store.setPassword(id, await hash(password, asker))
    await this.hasChanged(id, 'changed')
  }

  /**
   * Changes the password of somebody who has proven that they know it.
   * @param recognized As it was then. @param exceptUid The browser session that stays.
   * @returns false when it has become another one since. @throws {TypeError} as `create`.
   */
  async changePassword(
    recognized: AccountRecord,
    password: string,
    asker: string,
    exceptUid: string,
  ): Promise<boolean> {
    const hashed = await hash(password, asker)
    // Else who knows the old one could undo a reset by a change that was under way.
    if (!(await this.store.changePassword(recognized.id, hashed, recognized.password))) return false
    await this.hasChanged(recognized.id, 'changed', exceptUid)
    return true
  }

  /** Ends all that the account has: sessions, grants, tokens, links. @returns false when it is not there or was disabled. */
  async disable(id: string, actor: Actor = 'command'): Promise<boolean> {
    if (!(await this.isLive(id))) return false
    await this.store.setDisabled(id, this.needs.now())
    await this.store.removeLinksOf(id)
    await this.markEnd(id)
    await this.needs.endAccess(id, actor)
    this.say('account.disabled', id, actor)
    return true
  }

  /** @returns false when it is not there or was not disabled. */
  async enable(id: string, actor: Actor = 'command'): Promise<boolean> {
    const account = await this.store.find(id)
    if (account?.disabledAt === undefined) return false
    await this.store.setDisabled(id, undefined)
    this.say('account.enabled', id, actor)
    return true
  }

  /**
   * Ends an account's browser sessions, and sign-ins that none has come of yet. What clients were granted stays.
   * @param exceptUid The session that stays.
   */
  async endSessions(id: string, exceptUid?: string): Promise<void> {
    const { store } = this.needs.vault
    await this.markEnd(id)
    const spared = exceptUid === undefined ? undefined : hashOf(exceptUid)
    for (const model of KEPT_OF_BROWSERS) await store.removeAll({ model, accountId: id }, spared)
  }

  private async markEnd(id: string): Promise<void> {
    const { vault, now } = this.needs
    await vault.put(ENDED, id, { mark: randomText(9) }, { expiresAt: now() + ENDED_SECONDS })
  }

  private async hasChanged(id: string, how: string, exceptUid?: string): Promise<void> {
    // Whatever else could choose a password is void once somebody has.
    await this.store.removeLinksOf(id)
    await this.endSessions(id, exceptUid)
    this.say('account.password_changed', id, 'person', { how })
  }

  private async makeLinkFor(
    kind: 'invitation' | 'reset',
    id: string,
    type: IssuerEvent['type'],
  ): Promise<string | undefined> {
    if (!(await this.isLive(id))) return undefined
    // Of either kind: an invitation that somebody else found must not outlive a reset.
    await this.store.removeLinksOf(id)
    const token = await this.makeLink(kind, id)
    this.say(type, id, 'command')
    return token
  }

  /** Its token (256 random bits) exists here and nowhere else. */
  private async makeLink(kind: LinkKind, accountId?: string): Promise<string> {
    const token = randomText(32)
    await this.store.putLink({
      tokenHash: hashOf(token),
      kind,
      expiresAt: this.needs.now() + LINK_SECONDS[kind],
      ...(accountId === undefined ? {} : { accountId }),
    })
    return token
  }

  private async draft(name: string, password: string | undefined, isAdmin: boolean, asker: string) {
    const fault = faultOfName(name)
    if (fault !== undefined) throw new TypeError(`the name is refused: ${fault}`)
    return {
      id: randomText(16),
      name: canonicalName(name),
      isAdmin,
      createdAt: this.needs.now(),
      ...(password === undefined ? {} : { password: await hash(password, asker) }),
    }
  }

  private say(type: IssuerEvent['type'], accountId: string, actor: Actor, detail?: IssuerEvent['detail']): void {
    this.needs.onEvent({ type, accountId, actor, ...(detail === undefined ? {} : { detail }) })
  }
}

async function hash(password: string, asker: string): Promise<string> {
  const fault = faultOfPassword(password)
  if (fault !== undefined) throw new TypeError(`the password is refused: ${fault}`)
  return hashPassword(password, asker)
}
