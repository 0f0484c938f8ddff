/** Takes its time to come up; then it is a modern server. Argument: milliseconds. */
setTimeout(() => {
  process.stdin.setEncoding('utf8').on('data', (chunk) => {
    for (const line of chunk.split('\n').filter(Boolean)) {
      const { id } = JSON.parse(line)
      if (id === undefined) continue
      const result = { supportedVersions: ['2026-07-28'], resultType: 'complete' }
      process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', id, result })}\n`)
    }
  })
}, Number(process.argv[2]))
