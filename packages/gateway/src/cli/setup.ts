import { defineCommand, Failure } from './command.ts'
import { withOperator } from './operator.ts'
import { linkOf } from './users.ts'

export const command = defineCommand({
  usage: '',
  about:
    "Prints a link for the first account, an administrator's. It works once, within an hour, and takes the place of\n" +
    'any printed before. Once there is an account there is no such link: see `portcullis users`.',
  options: {},
  async run({ settings, answer }) {
    const known = await settings()
    return withOperator(known, async ({ people }) => {
      const token = await people.startSetup()
      if (token === undefined)
        throw new Failure('there is an account already; `portcullis users create` makes further ones')
      const link = linkOf(known, 'setup', token)
      const [url] = link.split('#')
      answer({ url, setupToken: token }, `${link}\n\nIt works once, within an hour.`)
    })
  },
})
