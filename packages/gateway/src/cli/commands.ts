import type { Entry } from './command.ts'

/** Every command, in the order of the help text. */
export const COMMANDS: readonly Entry[] = [
  {
    name: 'serve',
    summary: 'Run the gate',
    load: async () => (await import('./serve.ts')).command,
  },
  {
    name: 'demo',
    summary: 'Run a gate in front of a demonstration server',
    load: async () => (await import('./demo.ts')).command,
  },
  {
    name: 'check',
    summary: 'Check the configuration and tell every problem in it',
    load: async () => (await import('./check.ts')).command,
  },
  {
    name: 'keys',
    summary: 'Make, list, rotate and revoke API keys',
    load: async () => (await import('./keys.ts')).group,
  },
  {
    name: 'urls',
    summary: 'Make, list, rotate and revoke secret URLs of unlisted servers',
    load: async () => (await import('./urls.ts')).group,
  },
  {
    name: 'setup',
    summary: 'Print the link for the first account',
    load: async () => (await import('./setup.ts')).command,
  },
  {
    name: 'users',
    summary: 'Make, list, disable and reset accounts of people who sign in',
    load: async () => (await import('./users.ts')).group,
  },
  {
    name: 'clients',
    summary: 'List, make, approve, block and delete OAuth clients',
    load: async () => (await import('./clients.ts')).group,
  },
  {
    name: 'grants',
    summary: 'List and revoke what people let clients do',
    load: async () => (await import('./grants.ts')).group,
  },
  {
    name: 'signing-keys',
    summary: 'List and rotate the keys that tokens are signed with',
    load: async () => (await import('./signing-keys.ts')).group,
  },
  {
    name: 'audit',
    summary: 'Search the record',
    load: async () => (await import('./audit.ts')).group,
  },
  {
    name: 'version',
    summary: 'Print the version',
    load: async () => (await import('./version.ts')).command,
  },
]
