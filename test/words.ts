/** What a file of the product does not say. */
import { spawnSync } from 'node:child_process'
import { homedir } from 'node:os'
import { sep } from 'node:path'

/** Why a text may not be there, and how it is found. */
export type Taboo = readonly [why: string, pattern: RegExp]

const literally = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')

/** Folders that begin a path on every machine. */
const EVERYWHERE = new Set(['bin', 'data', 'dev', 'etc', 'home', 'mnt', 'opt', 'proc', 'root', 'run', 'srv', 'sys'])
for (const name of ['tmp', 'usr', 'var', 'Users', 'app', 'state']) EVERYWHERE.add(name)

/** @param root Where this checkout lies: a folder that only this machine has is not named anywhere. */
export function taboos(root: string): readonly Taboo[] {
  const [, top = ''] = root.split(sep)
  const ours = [root, ...(EVERYWHERE.has(top) || top === '' ? [] : [`/${top}/`])]
  const home = homedir() === '/' ? [] : [`${homedir()}/`]
  const host = registryHost()
  return [
    ['names a package registry', /\bregistry\.(?:npmjs|yarnpkg|npmmirror)\b/],
    ...(host === undefined ? [] : [['names a package registry', new RegExp(literally(host))] as const]),
    ['names a path of one machine', /(?:\/home|\/Users|[A-Z]:\\Users)[/\\][\w.-]+[/\\]/],
    ['names a path of one machine', new RegExp(`(?<![\\w./])(?:${[...ours, ...home].map(literally).join('|')})`)],
    ['says that something is left to do', /\b(?:TO[D]O|FIX[M]E|X[X]X)\b/],
  ]
}

/** The host that packages come from on this machine. Undefined where npm cannot say. */
function registryHost(): string | undefined {
  const { stdout } = spawnSync('npm', ['config', 'get', 'registry'], { encoding: 'utf8' })
  return URL.canParse(stdout.trim()) ? new URL(stdout.trim()).host : undefined
}

/** @returns a line for each line of the text that holds something of the kind, with the first reason against it. */
export function findTaboos(file: string, text: string, of: readonly Taboo[]): readonly string[] {
  return text.split('\n').flatMap((line, index) => {
    const [why] = of.find(([, pattern]) => pattern.test(line)) ?? []
    return why === undefined ? [] : [`${file}:${index + 1} ${why}: ${line.trim()}`]
  })
}
