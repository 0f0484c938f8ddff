import { randomText } from '@portcullis/auth/crypto'
import type { AccountRecord, AccountStore, LinkKind } from '@portcullis/auth/store'
import { hashOf } from '../vault/index.ts'
import { hashPassword, isPassword, PASSWORD_LENGTH } from './passwords.ts'

const HOUR = 3600
/** How long one-time links are good for, in seconds. */
export const LINK_SECONDS: Readonly<Record<LinkKind, number>> = {
  setup: HOUR,
  invitation: 7 * 24 * HOUR,
  reset: HOUR,
}

export type NameFault = 'empty' | 'too_long' | 'characters'
export type PasswordFault = 'too_short' | 'too_long'

/** Letters of any script, digits and what mail addresses are made of; no spaces, so that no two look alike by them. */
const NAME = /^[\p{L}\p{N}._@+-]+$/u

export function faultOfName(name: string): NameFault | undefined {
  if (name === '') return 'empty'
  if (name.length > 100) return 'too_long'
  return NAME.test(name) ? undefined : 'characters'
}

export function faultOfPassword(password: string): PasswordFault | undefined {
  const { length } = [...password]
  if (length < PASSWORD_LENGTH.least) return 'too_short'
  return length > PASSWORD_LENGTH.most ? 'too_long' : undefined
}

/** Those who can sign in. */
export class People {
  readonly store: AccountStore
  private readonly now: () => number
  /** Stands in for the password of nobody, so that a name without an account takes as long. */
  private nobodys: Promise<string> | undefined

  constructor(store: AccountStore, now: () => number) {
    this.store = store
    this.now = now
  }

  /** Whether tokens may be issued for an account. */
  async isLive(id: string): Promise<boolean> {
    const account = await this.store.find(id)
    return account !== undefined && account.disabledAt === undefined
  }

  /**
   * Whose name and password these are. Takes the same time for names that nobody has, accounts without a password and
   * those that are disabled.
   */
  async recognize(name: string, password: string): Promise<AccountRecord | undefined> {
    const account = await this.store.findByName(name)
    const stored = account?.password ?? (await this.nobody())
    const isRight = await isPassword(stored, password)
    if (!isRight || account?.password === undefined || account.disabledAt !== undefined) return undefined
    await this.store.noteSignIn(account.id, this.now())
    return account
  }

  /** @returns undefined when the name is taken. */
  async create(name: string, password: string | undefined, isAdmin = false): Promise<AccountRecord | undefined> {
    const account = await this.draft(name, password, isAdmin)
    return (await this.store.insert(account)) ? account : undefined
  }

  /** The first account, an administrator's. @returns undefined when the link is void or there is an account already. */
  async createFirst(token: string, name: string, password: string): Promise<AccountRecord | undefined> {
    if ((await this.findLink(token)) !== 'setup') return undefined
    const account = await this.draft(name, password, true)
    if (!(await this.store.insertFirst(account))) return undefined
    await this.store.removeLinks('setup')
    return account
  }

  /** A link that works once; its token exists here and nowhere else. 256 random bits. */
  async makeLink(kind: LinkKind, accountId?: string): Promise<string> {
    const token = randomText(32)
    await this.store.putLink({
      tokenHash: hashOf(token),
      kind,
      expiresAt: this.now() + LINK_SECONDS[kind],
      ...(accountId === undefined ? {} : { accountId }),
    })
    return token
  }

  /** What a token is for, as long as it is good. */
  async findLink(token: string): Promise<LinkKind | undefined> {
    return (await this.store.findLink(hashOf(token), this.now()))?.kind
  }

  /** Chooses a password by an invitation or a reset. @returns whose; undefined when the link is void. */
  async acceptLink(token: string, password: string): Promise<AccountRecord | undefined> {
    const kind = await this.findLink(token)
    if (kind !== 'invitation' && kind !== 'reset') return undefined
    const hashed = await hashPassword(password)
    const link = await this.store.takeLink(hashOf(token), this.now())
    if (link?.accountId === undefined) return undefined
    await this.store.setPassword(link.accountId, hashed)
    return this.store.find(link.accountId)
  }

  async setPassword(id: string, password: string): Promise<void> {
    await this.store.setPassword(id, await hashPassword(password))
  }

  private async draft(name: string, password: string | undefined, isAdmin: boolean): Promise<AccountRecord> {
    return {
      id: randomText(16),
      name,
      isAdmin,
      createdAt: this.now(),
      ...(password === undefined ? {} : { password: await hashPassword(password) }),
    }
  }

  private nobody(): Promise<string> {
    this.nobodys ??= hashPassword(randomText(16))
    return this.nobodys
  }
}
