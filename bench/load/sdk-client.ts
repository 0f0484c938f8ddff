import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
import type { StartDriver } from './driver.ts'
import { TOOL_CALL } from './wire.ts'

/** The official SDK's client, used as its documentation shows it. */
export const startSdkClient: StartDriver = async (command, args) => {
  const client = new Client({ name: 'bench', version: '1' })
  await client.connect(new StdioClientTransport({ command, args: [...args], stderr: 'ignore' }))
  return {
    async call() {
      // Rejects by itself for an error, for an answer that is not the tool's form, and when the server ends.
      const { isError } = await client.callTool(TOOL_CALL)
      if (isError === true) throw new Error('the tool answered that the call failed')
    },
  }
}
