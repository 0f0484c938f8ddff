/**
 * The gate that `npm start` shows: one real MCP server behind keys, in a directory that holds all of it. Writes a
 * configuration like anybody's; from there on it is an ordinary gate.
 */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import { seenFrom } from './seen-from.ts'

/**
 * @param port Where a configuration that is made says that the gate listens.
 * @returns the configuration file, made if there is none.
 * @throws when the demo's server is not installed.
 */
export function createDemo(directory: string, port = 8000): string {
  const state = resolve(directory)
  const file = join(state, 'portcullis.yaml')
  mkdirSync(state, { recursive: true, mode: 0o700 })
  if (!existsSync(file)) writeFileSync(file, configuration(state, port), { mode: 0o600 })
  return file
}

function configuration(state: string, port: number): string {
  const program = createRequire(import.meta.url).resolve('@modelcontextprotocol/server-everything/dist/index.js')
  // JSON strings are YAML strings, whatever a path holds.
  const [command, script] = [process.execPath, program].map((path) => JSON.stringify(seenFrom(state, path)))
  return `# Made by the first start. It is yours: later starts read it and never write it.
# Every setting: docs/configuration.md
listen: { host: 127.0.0.1, port: ${port} }
store: sqlite:./portcullis.db
log: { level: warn } # info tells when programs start and end, too
servers:
  everything: # served at /everything/mcp
    upstream:
      command: ${command}
      args: [${script}, stdio]
    access: [oauth, api-key]
`
}
