import { SCOPE_TOKEN } from '@portcullis/auth/policy'
import * as z from 'zod/mini'
import { documented, list, mapOf, matching, text } from './fields.ts'

/** Signs that other pattern languages use: who writes one means something that would not happen. */
export const TOOL_PATTERN = /^[^\s?[\]{}()!^$|\\,;"'`]{1,256}$/
const TENANT = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/

export const tools = () =>
  list(matching(TOOL_PATTERN, 'a tool name, in which `*` stands for any characters'), '["read_*"]', { least: 1 })

export const tenant = () => matching(TENANT, 'letters, digits, `.`, `_` and `-`, at most 63')

const ASKS_NOTHING = 'must ask for something beside `tools`: `scopes`, `roles` or `tenant`'

const rule = z
  .strictObject(
    {
      tools: documented(tools(), 'The tools that it is about; `*` stands for any characters.'),
      scopes: documented(
        z.optional(list(matching(SCOPE_TOKEN, 'a scope name'), '["files:write"]', { least: 1 })),
        'All of these scopes, beside the one that opens the tool.',
      ),
      roles: documented(
        z.optional(list(text(), '[editor]', { least: 1 })),
        'One of these roles, as the issuer of an access token names them. Keys have none.',
      ),
      tenant: documented(z.optional(tenant()), "The caller's tenant."),
    },
    { error: 'must be a map with `tools`, and what they ask for' },
  )
  .check(
    z.refine(({ scopes, roles, tenant }) => scopes !== undefined || roles !== undefined || tenant !== undefined, {
      error: ASKS_NOTHING,
    }),
  )

/** Rules of one server beside its scopes. */
export const RULES = z.prefault(
  z.array(rule, { error: 'must be a list, such as [{ tools: ["delete_*"], roles: [editor] }]' }),
  [],
)

/** By client id: the only tools that it may use. */
export const CLIENTS = z.prefault(
  mapOf(tools(), (name) => (name === '' ? 'must name a client' : undefined), '{ 4gk2x…: ["read_*"] }'),
  {},
)
