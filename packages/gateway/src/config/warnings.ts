import { dirname } from 'node:path'
import { faultOfProgram, withoutOwnPrograms } from '../programs/index.ts'
import { isEveryAddress, isLoopbackHost } from './addresses.ts'
import { behind, connectionsFor, descriptorLimit } from './descriptors.ts'
import type { Fault } from './issues.ts'
import type { Path } from './problem.ts'
import type { Environment } from './references.ts'
import type { ServerSettings, Settings } from './settings.ts'

/** What is allowed but should be known: printed by `check` and at every start. */
export function findWarnings(settings: Omit<Settings, 'warnings'>, env: Environment): Fault[] {
  const { listen, store, sealingKey, limits, keys, directory } = settings
  const warnings: Fault[] = []
  const warn = (path: Path, message: string) => warnings.push({ path, part: 'value', message })

  if (settings.dangerouslyServePlainHttp) {
    warn(['dangerouslyServePlainHttp'], 'plain HTTP is served beyond this machine: keys can be read on the way')
  }
  if (settings.dangerouslyServeUnrecorded) {
    warn(['dangerouslyServeUnrecorded'], 'calls are served even when they cannot be recorded')
  }
  if (store.kind === 'memory') {
    warn(['store'], 'everything is kept in memory and no command reaches it: for public servers, or to try things out')
  } else if (sealingKey.kind === 'file' && dirname(sealingKey.file) === dirname(store.file) && isPublic(settings)) {
    const message =
      'the sealing key lies beside the database: whoever copies the directory can open what is sealed in it'
    warn(['sealingKey'], `${message}; keep it elsewhere, or in an environment variable`)
  }
  if (isEveryAddress(listen.host) && settings.publicUrl === undefined) {
    warn(['listen', 'host'], 'listens on every address, so no URL for callers is known; set `publicUrl`')
  }
  const upstreams = [...settings.servers.values()].map(({ upstream }) => upstream)
  if (limits.connections > connectionsFor(descriptorLimit(), behind(upstreams, settings.stdio))) {
    warn(['limits', 'connections'], 'is more than the limit on open files of this process leaves room for')
  }
  for (const [name, delivery] of keys.deliveries) {
    const fault = delivery.kind === 'command' ? faultOfProgram(delivery.command, directory, searchPath(env)) : undefined
    if (fault !== undefined) warn(['keys', 'deliveries', name, 'command'], fault)
  }
  const named = new Set([...settings.servers.values()].flatMap(({ issuers }) => issuers))
  for (const { name, options } of settings.issuers.values()) {
    if (!named.has(name)) warn(['issuers', name], 'no server names it')
    else if ('secret' in options) {
      warn(['issuers', name, 'sharedSecret'], 'whoever checks these tokens can make them, this gate included')
    }
  }
  for (const server of settings.servers.values()) {
    warnAboutServer(server, env, warn)
    warnAboutRules(server, settings, warn)
  }
  return warnings
}

/** Whether anybody but this machine may come in. */
function isPublic({ listen, publicUrl }: Pick<Settings, 'listen' | 'publicUrl'>): boolean {
  return !isLoopbackHost(listen.host) || (publicUrl !== undefined && !isLoopbackHost(new URL(publicUrl).hostname))
}

/** The one that programs run under. */
function searchPath({ PATH }: Environment): string | undefined {
  return PATH === undefined ? undefined : withoutOwnPrograms(PATH)
}

function warnAboutServer(
  { name, upstream, access, scopes }: ServerSettings,
  env: Environment,
  warn: (path: Path, text: string) => void,
): void {
  const path = ['servers', name]
  if (upstream.kind === 'stdio') {
    const fault = faultOfProgram(upstream.command, upstream.cwd, upstream.env.PATH ?? searchPath(env))
    if (fault !== undefined) warn([...path, 'upstream', 'command'], fault)
  }
  if (upstream.kind === 'http') {
    const url = new URL(upstream.url)
    if (url.protocol === 'http:' && !isLoopbackHost(url.hostname)) {
      warn([...path, 'upstream', 'url'], 'requests go to another machine over plain HTTP, readable on the way')
    }
  }
  if (access.has('public') && Object.keys(scopes).length > 0) {
    warn([...path, 'scopes'], 'callers of a public server present nothing that could hold a scope')
  }
}

/** Rules that close a tool to everybody, for no caller of the server can be what they ask for. */
function warnAboutRules(
  { name, access, issuers, rules, tenant }: ServerSettings,
  { issuers: known }: Pick<Settings, 'issuers'>,
  warn: (path: Path, text: string) => void,
): void {
  const elsewhere = issuers.flatMap((issuer) => known.get(issuer) ?? [])
  const saysTenant = elsewhere.some(({ options }) => options.claims?.tenant !== undefined)
  // A key has the tenant that it was made with.
  const mayHaveTenant = tenant !== undefined || saysTenant || access.has('api-key') || access.has('unlisted')
  for (const [index, rule] of rules.entries()) {
    const path = ['servers', name, 'rules', index]
    if (rule.roles !== undefined && elsewhere.length === 0) {
      warn([...path, 'roles'], 'nobody has a role here: only tokens of issuers elsewhere say roles, and none is named')
    }
    if (rule.tenant !== undefined && !mayHaveTenant) {
      warn([...path, 'tenant'], 'nobody has a tenant here: neither the server has one, nor does a token say one')
    }
  }
}
