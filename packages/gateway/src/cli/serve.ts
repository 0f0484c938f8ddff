import type { Gate } from '../compose.ts'
import { defineCommand } from './command.ts'
import { addressOf, FAREWELL, readyOf, runGate, setupLinkOf, withPort } from './run-gate.ts'

export const command = defineCommand({
  usage: '[--port N]',
  about: 'Runs the gate in the foreground until it is asked to end. With --json it prints one line when it is ready.',
  options: { port: { type: 'string', value: 'N', help: 'listen here instead of the configured port' } },
  async run({ values, settings, json, isWatched, answer, stderr }) {
    const settled = withPort(await settings('gate'), values.port)
    const announce = async (gate: Gate): Promise<void> => {
      const lines = [...settled.servers.values()].map((server) => `  ${server.name}: ${addressOf(server, gate)}`)
      stderr(`Portcullis stands at ${gate.url}\n`)
      const ready = await readyOf(gate, null)
      const link = setupLinkOf(ready)
      if (link !== undefined) lines.push(`  The first account: ${link} (once, within an hour)`)
      answer(ready, lines.join('\n'))
    }
    await runGate(settled, announce, () => json || !isWatched || stderr(FAREWELL))
    return 0
  },
})
