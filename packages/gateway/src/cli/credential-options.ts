import type { CreateOptions } from './credentials.ts'

/** What one can say of a new credential, however it is carried. */
export const CREATE_OPTIONS = {
  server: { type: 'string', required: true, value: 'NAME', help: 'the server that it opens' },
  name: { type: 'string', required: true, value: 'LABEL', help: 'what you will know it by' },
  scopes: { type: 'string', value: 'A,B', help: 'only these scopes; default: every scope of the server' },
  tools: { type: 'string', value: 'X,Y', help: 'only these tools; `*` stands for any characters' },
  tenant: { type: 'string', value: 'T', help: "the tenant it belongs to; default: the server's" },
  expires: {
    type: 'string',
    value: 'DURATION',
    help: 'as in 30d or 12h, up to keys.maxAge, or never; default: keys.maxAge',
  },
  notes: { type: 'string', value: 'TEXT', help: 'anything worth remembering' },
} as const

type Given = { readonly [Name in keyof CreateOptions]?: CreateOptions[Name] } & Pick<CreateOptions, 'server' | 'name'>

export function requested({ server, name, scopes, tools, tenant, expires, notes, deliver }: Given): CreateOptions {
  return { server, name, scopes, tools, tenant, expires, notes, deliver }
}
