import type { Operator } from '@portcullis/issuer'
import { publicUrlOf, type Settings } from '../config/index.ts'
import { defineCommand, Failure, type Group, UsageError } from './command.ts'
import { isoOf, PASSWORD_OPTIONS, readPassword, withOperator } from './operator.ts'
import { type Column, formatTable, timeOf } from './table.ts'

type Account = NonNullable<Awaited<ReturnType<Operator['people']['findByName']>>>

const create = defineCommand({
  usage: '--name NAME [--admin] [--password-file FILE | --password-stdin]',
  about:
    "Makes an account; the first one is an administrator's. Without a password it prints an invitation: a link that\n" +
    'works once, within seven days, with which the person chooses one.',
  options: {
    name: { type: 'string', required: true, value: 'NAME', help: 'what the person types to sign in' },
    admin: { type: 'boolean', help: 'may administer the gate' },
    ...PASSWORD_OPTIONS,
  },
  async run({ values, stdin, settings, answer }) {
    const known = await settings()
    const password = await readPassword(values, stdin)
    await expectGood(values.name, password)
    return withOperator(known, async ({ people }) => {
      // Somebody has to be: the first account is an administrator's, however it is made.
      const isAdmin = values.admin ?? !(await people.isSetUp())
      const account = await people.create(values.name, password, isAdmin)
      if (account === undefined) throw new Failure('there is an account of that name already')
      const token = password === undefined ? await people.invite(account.id) : undefined
      const link = token === undefined ? undefined : linkOf(known, 'invitation', token)
      answer(
        { id: account.id, name: account.name, admin: isAdmin, link: link ?? null },
        `${link === undefined ? `${account.name} can sign in.` : invitation(account.name, link, 'seven days')}${
          isAdmin ? ' It is an account of an administrator.' : ''
        }`,
      )
    })
  },
})

const COLUMNS: readonly Column<Account>[] = [
  { title: 'NAME', cell: ({ name }) => name, least: 12 },
  { title: 'ID', cell: ({ id }) => id },
  { title: 'STATUS', cell: statusOf },
  { title: 'ADMIN', cell: ({ isAdmin }) => (isAdmin ? 'yes' : '–') },
  { title: 'CREATED', cell: ({ createdAt }, now) => timeOf(isoOf(createdAt), now) ?? '–' },
  { title: 'LAST SIGN-IN', cell: ({ lastSignInAt }, now) => timeOf(isoOf(lastSignInAt), now) ?? '–' },
]

const list = defineCommand({
  usage: '',
  options: {},
  async run({ settings, answer }) {
    return withOperator(await settings(), async ({ people }) => {
      const accounts = await people.list()
      const users = accounts.map((account) => ({
        id: account.id,
        name: account.name,
        status: statusOf(account),
        admin: account.isAdmin,
        createdAt: isoOf(account.createdAt),
        lastSignInAt: isoOf(account.lastSignInAt),
      }))
      const none = 'There are no accounts. Make one with `portcullis users create`.'
      answer({ users }, accounts.length === 0 ? none : formatTable(COLUMNS, accounts))
    })
  },
})

const disable = defineCommand({
  usage: 'NAME',
  about: 'Ends all that the account has at once: sessions, what clients were granted, their tokens.',
  positionals: [1, 1],
  options: {},
  async run({ positionals, settings, answer }) {
    return withOperator(await settings(), async ({ people }) => {
      const account = await find(people, positionals)
      const isNew = await people.disable(account.id)
      const text = isNew ? `${account.name} is disabled.` : `${account.name} had been disabled before.`
      answer({ id: account.id, name: account.name, disabled: true }, text)
    })
  },
})

const enable = defineCommand({
  usage: 'NAME',
  about: 'Lets a disabled account sign in again. Clients have to be let in anew.',
  positionals: [1, 1],
  options: {},
  async run({ positionals, settings, answer }) {
    return withOperator(await settings(), async ({ people }) => {
      const account = await find(people, positionals)
      await people.enable(account.id)
      answer({ id: account.id, name: account.name, disabled: false }, `${account.name} can sign in.`)
    })
  },
})

const reset = defineCommand({
  usage: 'NAME [--password-file FILE | --password-stdin]',
  about:
    'Prints a link that works once, within an hour, with which the person chooses another password. With a password\n' +
    'it is set here.',
  positionals: [1, 1],
  options: PASSWORD_OPTIONS,
  async run({ positionals, values, stdin, settings, answer }) {
    const known = await settings()
    const password = await readPassword(values, stdin)
    await expectGood(undefined, password)
    return withOperator(known, async ({ people }) => {
      const account = await find(people, positionals)
      if (password !== undefined) await people.setPassword(account.id, password, 'operator')
      const token = password === undefined ? await people.reset(account.id) : undefined
      if (token === undefined && password === undefined) throw new Failure(`${account.name} is disabled`)
      const link = token === undefined ? undefined : linkOf(known, 'reset', token)
      answer(
        { id: account.id, name: account.name, link: link ?? null },
        link === undefined ? `${account.name} has another password.` : invitation(account.name, link, 'an hour'),
      )
    })
  },
})

export const group: Group = {
  commands: [
    { name: 'create', summary: 'Make an account', load: async () => create },
    { name: 'list', summary: 'List accounts', load: async () => list },
    { name: 'disable', summary: 'Shut an account out, at once', load: async () => disable },
    { name: 'enable', summary: 'Let a disabled account in again', load: async () => enable },
    { name: 'reset', summary: 'Let a person choose another password', load: async () => reset },
  ],
}

async function find(people: Operator['people'], [name = '']: readonly string[]): Promise<Account> {
  const account = (await people.findByName(name)) ?? (await people.store.find(name))
  if (account === undefined)
    throw new Failure('there is no account of that name; `portcullis users list` shows those that are')
  return account
}

/** @throws {UsageError} for a name or a password that nobody can have. */
async function expectGood(name: string | undefined, password: string | undefined): Promise<void> {
  const { faultOfName, faultOfPassword, PASSWORD_LENGTH } = await import('@portcullis/issuer')
  const { least, most } = PASSWORD_LENGTH
  if (name !== undefined && faultOfName(name) !== undefined) {
    throw new UsageError('--name takes letters, digits and any of . _ @ + -, without spaces, at most 100')
  }
  if (password !== undefined && faultOfPassword(password) !== undefined) {
    throw new UsageError(`a password has ${least} to ${most} characters`)
  }
}

function statusOf({ disabledAt, password }: Account): string {
  if (disabledAt !== undefined) return 'disabled'
  return password === undefined ? 'invited' : 'active'
}

/** The token stands behind `#`: browsers send that part to nobody. */
export function linkOf(settings: Settings, kind: 'setup' | 'invitation' | 'reset', token: string): string {
  return `${publicUrlOf(settings)}/account/${kind === 'setup' ? 'setup' : 'invitation'}#${token}`
}

function invitation(name: string, link: string, within: string): string {
  return `${link}\n\nGive this link to ${name}: it works once, within ${within}, and is not shown again.`
}
