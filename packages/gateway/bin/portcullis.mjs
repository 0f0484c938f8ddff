#!/usr/bin/env node
/**
 * Starts the command line. Plain JavaScript that any Node from 20 on can read, so that a Node which is too old is told so.
 *
 * In a checkout the TypeScript sources run on the Node that the repository pins; as a published package the compiled
 * modules run in this very process, which then needs Node 24 (`node:sqlite`, `crypto.argon2`).
 */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { constants } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const home = dirname(dirname(fileURLToPath(import.meta.url)))
const source = join(home, 'src', 'main.ts')

if (existsSync(source)) startPinned()
else await startHere()

async function startHere() {
  if (Number.parseInt(process.versions.node, 10) < 24) {
    process.stderr.write(`portcullis needs Node 24 or later; this is ${process.versions.node}.\n`)
    process.exit(1)
  }
  // What is still called experimental in Node is a choice of ours, not news for whoever runs the gate.
  const emitWarning = process.emitWarning
  process.emitWarning = (warning, ...rest) => {
    if ((rest[0]?.type ?? rest[0]) !== 'ExperimentalWarning') emitWarning.call(process, warning, ...rest)
  }
  endWithNpm(() => process.kill(process.pid, 'SIGHUP'))
  await import('../dist/main.js')
}

function startPinned() {
  const root = dirname(dirname(home))
  const node = join(root, 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node')
  const options = ['--conditions=portcullis-source', '--disable-warning=ExperimentalWarning']
  // Sources whose types were stripped once are kept: a later start is twice as fast and takes 25 MB less memory.
  const env = { NODE_COMPILE_CACHE: join(root, 'node_modules', '.cache', 'portcullis'), ...process.env }
  const child = spawn(node, [...options, source, ...process.argv.slice(2)], { stdio: 'inherit', env })
  // The child ends by its own rules (a gate drains first), so a signal is handed on and its end awaited. A terminal's
  // Ctrl-C reaches both of us; asking twice would cut the drain short.
  process.on('SIGINT', () => process.stdin.isTTY || child.kill('SIGINT'))
  process.on('SIGTERM', () => child.kill('SIGTERM'))
  process.on('SIGHUP', () => child.kill('SIGHUP'))
  endWithNpm(() => child.kill('SIGHUP'))
  child.on('error', (error) => {
    process.stderr.write(`${error.message}\nRun "npm ci" in ${root} first.\n`)
    process.exit(1)
  })
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code ?? 1)
    // Whoever waits for us should see the same end; our own listeners would keep the signal from ending us.
    process.removeAllListeners(signal)
    process.kill(process.pid, signal)
    setTimeout(() => process.exit(128 + constants.signals[signal]), 100)
  })
}

/**
 * npm runs a command through a shell, and a shell that is asked to end goes without a word to what it runs: nobody would
 * be left to end the gate. So its going counts as the terminal's going. Only where we are the whole of npm's command:
 * what a script puts into the background is meant to stay.
 */
function endWithNpm(end) {
  if (!/^'?portcullis\b[^&;|]*$/.test(process.env.npm_lifecycle_script ?? '')) return
  const shell = process.ppid
  const timer = setInterval(() => {
    if (process.ppid === shell) return
    clearInterval(timer)
    end()
  }, 1000).unref()
}
