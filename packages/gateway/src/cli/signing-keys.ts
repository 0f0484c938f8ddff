import type { Operator } from '@portcullis/issuer'
import { defineCommand, Failure, type Group, UsageError } from './command.ts'
import { isoOf, withOperator } from './operator.ts'
import { type Column, formatTable, timeOf } from './table.ts'

type Key = Awaited<ReturnType<Operator['signingKeys']['list']>>[number]

const COLUMNS: readonly Column<Key>[] = [
  { title: 'ID', cell: ({ kid }) => kid },
  { title: 'ALGORITHM', cell: ({ algorithm }) => algorithm },
  { title: 'STATE', cell: ({ state }) => state },
  { title: 'MADE', cell: ({ createdAt }, now) => timeOf(isoOf(createdAt), now) ?? '–' },
  { title: 'SIGNS FROM', cell: ({ activeAt }, now) => timeOf(isoOf(activeAt), now) ?? '–' },
  { title: 'GONE AT', cell: ({ retiredAt }, now) => timeOf(isoOf(retiredAt), now) ?? '–' },
]

const list = defineCommand({
  usage: '',
  about: 'The published keys: the one that signs, those that will, and those whose tokens may still be out.',
  options: {},
  async run({ settings, answer }) {
    return withOperator(await settings(), async ({ signingKeys }) => {
      const keys = await signingKeys.list()
      const listed = keys.map(({ kid, algorithm, state, createdAt, activeAt, retiredAt }) => ({
        id: kid,
        algorithm,
        state,
        createdAt: isoOf(createdAt),
        signsFrom: isoOf(activeAt),
        goneAt: isoOf(retiredAt),
      }))
      const none = 'There is none yet: the first start of a gate makes one.'
      answer({ keys: listed }, keys.length === 0 ? none : formatTable(COLUMNS, keys))
    })
  },
})

const rotate = defineCommand({
  usage: '[--now | --compromised]',
  about:
    'Makes a new key: published at once, and signing a day later, so that nobody notices. With --now it signs at once.\n' +
    'With --compromised it does, and what the others have signed no longer counts: clients refresh their tokens.',
  options: {
    now: { type: 'boolean', help: 'let it sign at once' },
    compromised: { type: 'boolean', help: 'a key was stolen: nothing that the others signed counts any more' },
  },
  async run({ values, settings, answer }) {
    if (values.now && values.compromised) throw new UsageError('--compromised says --now already')
    const kind = values.compromised ? 'compromised' : values.now ? 'at_once' : 'planned'
    return withOperator(await settings(), async ({ signingKeys }) => {
      const kid = await signingKeys.rotate(kind)
      if (kid === undefined) {
        const isFirst = (await signingKeys.list()).length === 0
        throw new Failure(
          isFirst
            ? 'there is no key yet: the first start of a gate makes one'
            : 'a new key waits for its turn already; --now lets another one sign at once',
        )
      }
      answer({ id: kid, kind }, `The new key is ${kid}.`)
    })
  },
})

export const group: Group = {
  commands: [
    { name: 'list', summary: 'List the published keys', load: async () => list },
    { name: 'rotate', summary: 'Make a new key', load: async () => rotate },
  ],
}
