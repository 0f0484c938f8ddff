/**
 * `npm run build`: compiles the packages that are published, one module to one, into their `dist`. The library first,
 * for the gateway is compiled against what others get of it.
 */
import { spawnSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')

for (const name of ['auth', 'issuer', 'gateway']) {
  const folder = join(root, 'packages', name)
  rmSync(join(folder, 'dist'), { recursive: true, force: true }) // a module that is gone stays away
  const { status } = spawnSync(process.execPath, [tsc, '-p', join(folder, 'tsconfig.build.json')], {
    stdio: ['ignore', 2, 2],
  })
  if (status !== 0) {
    process.stderr.write(`packages/${name} does not compile.\n`)
    process.exit(1)
  }
  process.stderr.write(`packages/${name}/dist is built.\n`)
}
