/** A server that reads its lines with Node's readline, which takes U+2028 and U+2029 for line ends too. */
import { createInterface } from 'node:readline'

const calls = []
createInterface({ input: process.stdin }).on('line', (line) => {
  let message
  try {
    message = JSON.parse(line)
  } catch {
    return
  }
  const { id, method, params } = message
  if (method === 'tools/call') calls.push(params.name)
  if (id === undefined) return
  const result = method === 'initialize' ? { protocolVersion: params.protocolVersion, capabilities: {} } : { calls }
  process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', id, result })}\n`)
})
