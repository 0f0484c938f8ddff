import { issue } from '@portcullis/auth/keys'
import type { CredentialRecord } from '@portcullis/auth/store'
import { loadConfig } from '../config/index.ts'
import { createDemo } from '../demo/index.ts'
import { ConfigRefused, defineCommand } from './command.ts'
import { readyOf, runGate, withPort } from './run-gate.ts'

const SERVER = 'everything'

export const command = defineCommand({
  usage: '[--port N] [--state DIR]',
  about:
    'Runs a gate in front of @modelcontextprotocol/server-everything, with everything it makes in one directory.\n' +
    'The first start makes an API key and shows it; later starts keep it.',
  ownConfig:
    'has a configuration of its own, in the directory that --state names; ' +
    'a gate with yours is "portcullis serve --config FILE"',
  options: {
    port: { type: 'string', value: 'N', help: 'default 8000' },
    state: { type: 'string', value: 'DIR', help: 'default ./state' },
  },
  async run({ values, env, json, answer }) {
    const file = createDemo(values.state ?? 'state')
    const { settings, problems } = loadConfig(file, env)
    if (problems !== undefined) throw new ConfigRefused(file, problems)
    await runGate(withPort(settings, values.port), async (gate) => {
      const { credentials } = gate.stores
      const now = Math.floor(Date.now() / 1000)
      const isFirst = (await credentials.list({ server: SERVER, kind: 'api-key', limit: 1 })).length === 0
      const terms = {
        kind: 'api-key',
        server: SERVER,
        name: 'first key',
        expiresAt: now + settings.keys.maxAgeSeconds,
      } as const
      const announce = ({ id, clientId, server }: CredentialRecord): void =>
        gate.recorder.operation({ type: 'key.created', actor: 'command', credentialId: id, clientId, server })
      const key = isFirst ? (await issue(credentials, terms, now, announce)).secret : null
      const mcp = gate.mcp.get(SERVER) ?? ''
      answer(readyOf(gate, key), json ? '' : welcome(mcp, key, file))
    })
    return 0
  },
})

function welcome(mcp: string, key: string | null, file: string): string {
  const shown = key ?? 'YOUR-KEY'
  const snippet = {
    mcpServers: { everything: { type: 'http', url: mcp, headers: { Authorization: `Bearer ${shown}` } } },
  }
  return [
    '',
    'Portcullis stands in front of the MCP server "everything".',
    '',
    `  MCP URL   ${mcp}`,
    `  API key   ${key ?? `made at the first start; another: npx portcullis keys create --server ${SERVER} --name me --config ${file}`}`,
    ...(key === null ? [] : ['            (keep it: it is shown once)']),
    '',
    'For a client (Claude Code, Cursor, VS Code and others; the file is theirs):',
    '',
    JSON.stringify(snippet, null, 2).replace(/^/gm, '  '),
    '',
    'Or from the command line:',
    '',
    `  claude mcp add --transport http everything ${mcp} --header "Authorization: Bearer ${shown}"`,
    `  npx mcp-remote ${mcp} --header "Authorization: Bearer ${shown}"`,
    '',
    `Configuration: ${file}. Ctrl-C ends everything.`,
    '',
  ].join('\n')
}
