import type { Operator } from '@portcullis/issuer'
import { parseDuration } from '../config/index.ts'
import { defineCommand, Failure, type Group, UsageError } from './command.ts'
import { isoOf, withOperator } from './operator.ts'
import { type Column, formatTable, timeOf } from './table.ts'

type Client = Awaited<ReturnType<Operator['clients']['list']>>[number]

const COLUMNS: readonly Column<Client>[] = [
  { title: 'ID', cell: ({ clientId }) => clientId, least: 31 },
  { title: 'NAME', cell: ({ name }) => (name === '' ? '–' : name), least: 10 },
  { title: 'ORIGIN', cell: ({ origin }) => origin },
  { title: 'STATUS', cell: statusOf },
  { title: 'CREATED', cell: ({ createdAt }, now) => timeOf(isoOf(createdAt), now) ?? '–' },
  { title: 'FIRST USED', cell: ({ usedAt }, now) => timeOf(isoOf(usedAt), now) ?? '–' },
  { title: 'LEADS TO', cell: ({ redirectUris }) => hostsOf(redirectUris), least: 10, yields: true },
]

const list = defineCommand({
  usage: '',
  about: 'Clients that name themselves by a URL are listed once a person has let them in, or something was decided.',
  options: {},
  async run({ settings, answer }) {
    return withOperator(await settings(), async ({ clients }) => {
      const all = await everyClient(clients)
      const listed = all.map(({ createdAt, usedAt, approvedAt, blockedAt, expiresAt, clientId, ...client }) => ({
        id: clientId,
        ...client,
        createdAt: isoOf(createdAt),
        usedAt: isoOf(usedAt),
        approvedAt: isoOf(approvedAt),
        blockedAt: isoOf(blockedAt),
        expiresAt: isoOf(expiresAt),
      }))
      answer({ clients: listed }, all.length === 0 ? 'No client is known yet.' : formatTable(COLUMNS, all))
    })
  },
})

const create = defineCommand({
  usage: '--name NAME --redirect-uri URI [--redirect-uri URI …] [--confidential] | --name NAME --introspects',
  about:
    'Registers a client by hand. A confidential one gets a secret, shown once, and must show it each time. One that\n' +
    'introspects is a server elsewhere that checks tokens by asking about them; it is confidential.',
  options: {
    name: { type: 'string', required: true, value: 'NAME', help: 'as people see it when they are asked' },
    'redirect-uri': {
      type: 'string',
      multiple: true,
      value: 'URI',
      help: 'where people are sent back to',
    },
    confidential: { type: 'boolean', help: 'runs on a server of its own, where a secret can be kept' },
    introspects: { type: 'boolean', help: 'may ask about access tokens of all clients (RFC 7662)' },
  },
  async run({ values, settings, answer }) {
    const introspects = values.introspects ?? false
    const redirectUris = values['redirect-uri'] ?? []
    if (redirectUris.length === 0 && !introspects)
      throw new UsageError(
        '--redirect-uri is missing: where people are sent back to; only with --introspects it may be',
      )
    return withOperator(await settings(), async ({ clients }) => {
      const wanted = { name: values.name, redirectUris, confidential: values.confidential ?? introspects, introspects }
      const made = await clients.create(wanted)
      if (made.kind === 'refused') throw new UsageError(made.description)
      const { clientId, secret } = made
      const kept =
        secret === undefined
          ? '\n\nThis is its client_id. It has no secret: it proves nothing but where people are sent back to.'
          : `\n${secret}\n\nKeep the secret now: it is not shown again.`
      answer({ id: clientId, secret: secret ?? null }, `${clientId}${kept}`)
    })
  },
})

const invite = defineCommand({
  usage: '[--expires 24h]',
  about:
    'Prints an initial access token (RFC 7591), with which one client may register itself where `registration: gated`.',
  options: { expires: { type: 'string', value: 'DURATION', help: 'how long it is good; default 24h' } },
  async run({ values, settings, answer }) {
    const ms = values.expires === undefined ? undefined : parseDuration(values.expires)
    if (values.expires !== undefined && ms === undefined) throw new UsageError('--expires takes a duration such as 24h')
    return withOperator(await settings(), async ({ invitations }) => {
      const token = await invitations.make(...(ms === undefined ? [] : [Math.ceil(ms / 1000)]))
      answer({ token }, `${token}\n\nIt lets one client register itself, once.`)
    })
  },
})

/** Commands that do one thing to one client. */
function deed(
  about: string,
  done: string,
  act: (clients: Operator['clients'], id: string) => Promise<boolean>,
  hintOf: (id: string) => string = () => '',
) {
  return defineCommand({
    usage: 'ID',
    about,
    positionals: [1, 1],
    options: {},
    async run({ positionals: [id = ''], settings, answer }) {
      return withOperator(await settings(), async ({ clients }) => {
        if (!(await act(clients, id)))
          throw new Failure('there is no such client; `portcullis clients list` shows those that are')
        answer({ id, [done]: true }, `The client is ${done}.${hintOf(id)}`)
      })
    },
  })
}

const REGISTERS_AGAIN =
  ' The same program may register itself again, under another id, unless `oauth.registration` is `gated` or `off`.'

const approve = deed(
  'Lets a client in, by its id or the URL that it names itself by, whatever was decided about it before.',
  'approved',
  (clients, id) => clients.approve(id),
)
const block = deed(
  'Shuts a client out, by its id or URL: what it was granted ends at once, and nothing is issued to it any more.',
  'blocked',
  (clients, id) => clients.block(id),
  // What names itself by a URL has no other id to come again with.
  (id) => (URL.canParse(id) ? '' : REGISTERS_AGAIN),
)
const remove = deed(
  'Forgets a client and ends what it was granted. It may come again; to keep it out, block it.',
  'deleted',
  (clients, id) => clients.delete(id),
)

export const group: Group = {
  commands: [
    { name: 'list', summary: 'List the clients that are known', load: async () => list },
    { name: 'create', summary: 'Register a client by hand', load: async () => create },
    { name: 'invite', summary: 'Let one client register itself', load: async () => invite },
    { name: 'approve', summary: 'Let a client in', load: async () => approve },
    { name: 'block', summary: 'Shut a client out, at once', load: async () => block },
    { name: 'delete', summary: 'Forget a client', load: async () => remove },
  ],
}

async function everyClient(clients: Operator['clients']): Promise<readonly Client[]> {
  const all: Client[] = []
  for (;;) {
    const after = all.at(-1)?.clientId
    const page = await clients.list(after === undefined ? {} : { after })
    all.push(...page)
    if (page.length === 0) return all
  }
}

function statusOf({ blockedAt, approvedAt, usedAt }: Client): string {
  if (blockedAt !== undefined) return 'blocked'
  if (approvedAt !== undefined) return 'approved'
  return usedAt === undefined ? 'unused' : 'used'
}

function hostsOf(uris: readonly string[]): string {
  const hosts = uris.map((uri) => (URL.canParse(uri) ? new URL(uri).host || new URL(uri).protocol : uri))
  return hosts.length === 0 ? '–' : [...new Set(hosts)].join(',')
}
