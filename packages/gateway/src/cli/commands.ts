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
