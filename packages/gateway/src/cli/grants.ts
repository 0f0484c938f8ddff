import type { Operator } from '@portcullis/issuer'
import { defineCommand, Failure, type Group } from './command.ts'
import { isoOf, withOperator } from './operator.ts'
import { type Column, formatTable, timeOf } from './table.ts'

interface Listed {
  readonly id: string
  readonly user: string
  readonly client: string
  readonly clientName: string
  readonly resources: readonly { readonly uri: string; readonly scopes: readonly string[] }[]
  readonly createdAt: string | undefined
  readonly lastUsedAt: string | undefined
  readonly expiresAt: string | undefined
}

const COLUMNS: readonly Column<Listed>[] = [
  { title: 'ID', cell: ({ id }) => id },
  { title: 'USER', cell: ({ user }) => user, least: 8 },
  { title: 'CLIENT', cell: ({ clientName, client }) => clientName || client, least: 12 },
  { title: 'SCOPES', cell: ({ resources }) => resources.flatMap(({ scopes }) => scopes).join(','), least: 8 },
  { title: 'SINCE', cell: ({ createdAt }, now) => timeOf(createdAt, now) ?? '–' },
  { title: 'LAST USED', cell: ({ lastUsedAt }, now) => timeOf(lastUsedAt, now) ?? '–' },
]

const list = defineCommand({
  usage: '[--user NAME] [--client ID]',
  about: 'What people let clients do, as long as it can still be used.',
  options: {
    user: { type: 'string', value: 'NAME', help: "only this person's" },
    client: { type: 'string', value: 'ID', help: 'only those of this client' },
  },
  async run({ values, settings, answer }) {
    return withOperator(await settings(), async (operator) => {
      const listed = await collect(operator, values)
      answer({ grants: listed }, listed.length === 0 ? 'Nothing is granted.' : formatTable(COLUMNS, listed))
    })
  },
})

const revoke = defineCommand({
  usage: 'ID',
  about:
    'Ends what a person let a client do: the next request with any of its tokens is refused. An ID that begins with a\n' +
    'hyphen stands behind `--`.',
  positionals: [1, 1],
  options: {},
  async run({ positionals: [id = ''], settings, answer }) {
    return withOperator(await settings(), async ({ grants }) => {
      if (!(await grants.revoke(id, { actor: 'command' }))) {
        throw new Failure('there is no such grant; `portcullis grants list` shows those that are')
      }
      answer({ id, revoked: true }, `Grant ${id} is revoked.`)
    })
  },
})

export const group: Group = {
  commands: [
    { name: 'list', summary: 'List what people let clients do', load: async () => list },
    { name: 'revoke', summary: 'End a grant at once', load: async () => revoke },
  ],
}

async function collect(
  { people, clients, grants }: Operator,
  { user, client }: { readonly user: string | undefined; readonly client: string | undefined },
): Promise<readonly Listed[]> {
  const account = user === undefined ? undefined : await people.findByName(user)
  if (user !== undefined && account === undefined) throw new Failure('there is no account of that name')
  const names = new Map((await people.list()).map(({ id, name }) => [id, name]))
  const listed: Listed[] = []
  const filter = {
    ...(account === undefined ? {} : { accountId: account.id }),
    ...(client === undefined ? {} : { clientId: client }),
  }
  for await (const grant of grants.list(filter)) {
    listed.push({
      id: grant.id,
      user: names.get(grant.accountId) ?? grant.accountId,
      client: grant.clientId,
      clientName: (await clients.view(grant.clientId))?.name ?? '',
      resources: grant.resources,
      createdAt: isoOf(grant.createdAt),
      lastUsedAt: isoOf(grant.lastUsedAt),
      expiresAt: isoOf(grant.expiresAt),
    })
  }
  return listed
}
