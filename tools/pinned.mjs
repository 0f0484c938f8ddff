/**
 * Runs a TypeScript source of this repository with the Node that the repository pins:
 * `node tools/pinned.mjs FILE [ARG …]`. Plain JavaScript for the machine's own Node (20 or later).
 */
import { spawn } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const node = join(root, 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node')

const options = ['--conditions=portcullis-source', '--disable-warning=ExperimentalWarning']
// Sources whose types were stripped once are kept: a later start is twice as fast and takes 25 MB less memory.
const env = { NODE_COMPILE_CACHE: join(root, 'node_modules', '.cache', 'portcullis'), ...process.env }
const child = spawn(node, [...options, ...process.argv.slice(2)], { stdio: 'inherit', env })
// The child ends by its own rules (a gate drains first), so a signal is handed on and its end awaited. A terminal's
// Ctrl-C reaches both of us; asking twice would cut the drain short.
process.on('SIGINT', () => process.stdin.isTTY || child.kill('SIGINT'))
process.on('SIGTERM', () => child.kill('SIGTERM'))
process.on('SIGHUP', () => child.kill('SIGHUP'))
child.on('error', (error) => {
  process.stderr.write(`${error.message}\nRun "npm ci" in ${root} first.\n`)
  process.exit(1)
})
child.on('exit', (code, signal) => {
  if (signal === null) process.exit(code ?? 1)
  // Whoever waits for us should see the same end; our own listeners would keep the signal from ending us.
  process.removeAllListeners(signal)
  process.kill(process.pid, signal)
})
