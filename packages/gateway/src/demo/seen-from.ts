import { realpathSync } from 'node:fs'
import { dirname, parse, relative, sep } from 'node:path'

/**
 * A path as a configuration in this directory would name it: relative where both lie in one tree, so that the tree can be
 * moved. Not through links: what `..` leads to would depend on who follows it.
 */
export function seenFrom(directory: string, path: string): string {
  const way = relative(directory, path)
  const common = way.split(sep).reduce((above, step) => (step === '..' ? dirname(above) : above), directory)
  if (common === parse(directory).root || realpathSync(directory) !== directory) return path
  return way.startsWith('..') ? way : `.${sep}${way}`
}
