import { isAbsolute, relative } from 'node:path'
import { issue } from '@portcullis/auth/keys'
import type { CredentialRecord } from '@portcullis/auth/store'
import { loadConfig } from '../config/index.ts'
import { createDemo } from '../demo/index.ts'
import { expectNone } from './arguments.ts'
import { ConfigRefused, defineCommand, type Streams, UsageError } from './command.ts'
import { FAREWELL, portOf, readyOf, runGate, setupLinkOf, withPort } from './run-gate.ts'

const SERVER = 'everything'

export const command = defineCommand({
  usage: '[--port N] [--state DIR]',
  about:
    'Runs a gate in front of @modelcontextprotocol/server-everything, with everything it makes in one directory.\n' +
    'The first start makes an API key and shows it; later starts keep it.',
  ownConfig:
    'has a configuration of its own, in the directory that --state names; ' +
    'a gate with yours is "portcullis serve --config FILE"',
  positionals: [0, Infinity],
  options: {
    port: { type: 'string', value: 'N', help: 'default 8000' },
    state: { type: 'string', value: 'DIR', help: 'default ./state' },
  },
  async run({ values, positionals, env, json, answer, stderr }) {
    expectAllOptions(env, values)
    expectNone(positionals)
    const file = createDemo(values.state ?? 'state', portOf(values.port))
    const { settings, problems } = loadConfig(file, env)
    if (problems !== undefined) throw new ConfigRefused(file, problems)
    await runGate(
      withPort(settings, values.port),
      async (gate) => {
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
        const ready = await readyOf(gate, key)
        answer(ready, json ? '' : welcome(mcp, key, file, setupLinkOf(ready)))
      },
      () => json || stderr(FAREWELL),
    )
    return 0
  },
})

/** The request that a client of the sessions' era begins with. */
const HELLO = {
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'curl', version: '1' } },
}

const OPTIONS = ['port', 'state', 'json'] as const

/**
 * What stands before `--` is npm's, which keeps it, and hands on at most what stands behind it.
 * @throws {UsageError} that says how it is written.
 */
function expectAllOptions(env: Streams['env'], values: Readonly<Record<string, unknown>>): void {
  if (env.npm_lifecycle_event !== 'start') return
  const kept = OPTIONS.filter((name) => env[`npm_config_${name}`] !== undefined && values[name] === undefined)
  if (kept.length === 0) return
  const written = { port: '--port N', state: '--state DIR', json: '--json' }
  const all = kept.map((name) => written[name]).join(' ')
  throw new UsageError(`npm keeps options for itself: npm start -- ${all}`)
}

/** What a person needs, most wanted last: that is what stands above the prompt. */
function welcome(mcp: string, key: string | null, file: string, setup: string | undefined): string {
  const shown = key ?? 'YOUR-KEY'
  const snippet = {
    mcpServers: { [SERVER]: { type: 'http', url: mcp, headers: { Authorization: `Bearer ${shown}` } } },
  }
  const on = `--config ${asWord(fromHere(file))}`
  const moreKeys = `npx portcullis keys create --server ${SERVER} --name me ${on}`
  return [
    '',
    `Portcullis stands in front of the MCP server "${SERVER}". Ctrl-C ends both.`,
    '',
    `  Configuration   ${fromHere(file)}`,
    `  Who called      npx portcullis audit query ${on}`,
    `  Another key     ${moreKeys}`,
    `  More people     npx portcullis users create --name ada@example.com ${on}`,
    '',
    'A client that signs in (Claude, Cursor, VS Code and others) needs the MCP URL alone:',
    '',
    `  claude mcp add --transport http ${SERVER} ${mcp}`,
    `  npx mcp-remote ${mcp}`,
    '',
    'For a client with a key (Claude Code, Cursor, VS Code and others; the file is theirs):',
    '',
    JSON.stringify(snippet, null, 2).replace(/^/gm, '  '),
    '',
    'Or from the command line:',
    '',
    `  claude mcp add --transport http ${SERVER} ${mcp} --header "Authorization: Bearer ${shown}"`,
    `  npx mcp-remote ${mcp} --header "Authorization: Bearer ${shown}"`,
    `  curl -i ${mcp} -H "Authorization: Bearer ${shown}" \\`,
    '    -H "Content-Type: application/json" -H "Accept: application/json, text/event-stream" \\',
    `    -d '${JSON.stringify(HELLO)}'`,
    '',
    `  MCP URL   ${mcp}`,
    `  API key   ${key ?? 'shown at the first start; only its hash is kept. For another see above'}`,
    ...(key === null ? [] : ['            Keep it: it is not shown again.']),
    ...(setup === undefined
      ? []
      : ['', '  To sign in, make the first account (this link works once, within an hour):', `  ${setup}`]),
    '',
  ].join('\n')
}

/** As short as it is from where the commands will be typed. */
function fromHere(file: string): string {
  const way = relative(process.cwd(), file)
  return way.startsWith('..') || isAbsolute(way) ? file : way
}

function asWord(text: string): string {
  return /^[\w./:@%+=,\\-]+$/.test(text) ? text : `"${text.replace(/["$`\\]/g, '\\$&')}"`
}
