/** A legacy server that exits when its first message is not `initialize`, as some SDKs have it. */
process.stdin.setEncoding('utf8').once('data', (line) => {
  const { id, method, params } = JSON.parse(line)
  if (method !== 'initialize') process.exit(1)
  const result = { protocolVersion: params.protocolVersion, capabilities: {}, serverInfo: { name: 'strict' } }
  process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', id, result })}\n`)
  process.stdin.resume()
})
