import { globSync } from 'node:fs'

const SUITES = [
  'packages/*/test/**/*.test.ts',
  'test/**/*.test.ts',
  'conformance/**/*.test.ts',
  'examples/**/*.test.ts',
  'bench/**/*.test.ts',
  'tools/**/*.test.ts',
]

/** Run together by the black-box suite's own command, which shares what is dear to start among them. */
const BLACK_BOX = 'conformance/gateway/'

/**
 * Test files of the repository, without those of the black-box suite, as paths that begin at `root`.
 *
 * @param patterns Parts of paths; a file that holds one of them is meant. None: every file is.
 */
export function findTestFiles(root: string, patterns: readonly string[] = []): readonly string[] {
  const files = globSync(SUITES, { cwd: root, exclude: (name) => name === 'node_modules' || name === 'dist' })
  return files
    .map((file) => file.replaceAll('\\', '/'))
    .filter((file) => !file.startsWith(BLACK_BOX))
    .filter((file) => patterns.length === 0 || patterns.some((pattern) => file.includes(pattern)))
    .sort()
}
