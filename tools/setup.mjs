/**
 * Installs the dependencies when they are missing or older than the lock file.
 * Plain JavaScript for the machine's own Node (20 or later): nothing is installed yet when this runs.
 */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const marker = join(root, 'node_modules', '.portcullis-installed')
const wanted = createHash('sha256')
  .update(readFileSync(join(root, 'package-lock.json')))
  .digest('hex')

const major = Number(process.versions.node.split('.')[0])
if (major < 20) {
  process.stderr.write(`Portcullis needs Node 20 or later to set itself up; this is ${process.version}.\n`)
  process.exit(1)
}
if (!existsSync(marker) || readFileSync(marker, 'utf8') !== wanted) {
  process.stderr.write('Installing what Portcullis needs (once)…\n')
  // stdout belongs to the command that follows (`--json`), so everything npm says goes to stderr.
  // `npm` is a script on every platform; a shell is needed to start it on Windows only.
  const npm = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  })
  if (npm.status !== 0) {
    process.stderr.write('npm ci failed; its message is above.\n')
    process.exit(npm.status ?? 1)
  }
  // The first start then finds its sources prepared (see pinned.mjs): types stripped, code compiled. Only a convenience.
  const warm = `import(${JSON.stringify(pathToFileURL(join(root, 'packages/gateway/src/compose.ts')).href)})`
  spawnSync(process.execPath, [join(root, 'tools', 'pinned.mjs'), '--eval', warm], { stdio: 'ignore' })
  writeFileSync(marker, wanted)
}
