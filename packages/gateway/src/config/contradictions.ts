import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { isLoopbackHost } from './addresses.ts'
import { findIssuerFaults } from './contradictions-issuers.ts'
import type { Fault } from './issues.ts'
import type { ParsedFile } from './parse.ts'
import type { Path } from './problem.ts'
import type { Environment } from './references.ts'
import { toAbsolute } from './settle.ts'
import type { ParsedSections, ParsedServer } from './shape.ts'

/**
 * What is wrong although each setting by itself is right: settings that contradict one another, and files and
 * variables that are not there. Takes whatever could be parsed, so that no problem waits behind another.
 * @param surroundings Where files and variables are looked for; undefined when they need not be there.
 */
export function findContradictions(
  { sections, servers, upstreams, doubtful }: ParsedFile,
  surroundings: { readonly directory: string; readonly env: Environment } | undefined,
): Fault[] {
  const directory = surroundings?.directory
  const isKnown: IsKnown = (path) => ![...doubtful].some((each) => isWithin(each, path) || isWithin(path, each))
  return [
    ...plainHttp(sections, isKnown),
    ...schemeOfPublicUrl(sections),
    ...(surroundings === undefined ? [] : tlsFiles(sections, surroundings.directory)),
    ...(surroundings === undefined ? [] : sealingVariable(sections, surroundings.env)),
    ...keyAges(sections, isKnown),
    ...signIn(sections, servers, isKnown),
    ...findIssuerFaults(sections, servers, isKnown),
    ...[...upstreams].flatMap(([name, held]) => upstream(['servers', name, 'upstream'], held, directory)),
  ]
}

/** Whether a setting is what the file says, or its default where it says nothing: a fault is no reason for another. */
type IsKnown = (path: string) => boolean

function isWithin(path: string, map: string): boolean {
  return path.startsWith(map) && /^(?:$|[.[])/.test(path.slice(map.length))
}

function fault(path: Path, message: string): Fault {
  return { path, part: 'value', message }
}

function plainHttp(sections: ParsedSections, isKnown: IsKnown): Fault[] {
  const { listen, trustedProxies = [], dangerouslyServePlainHttp = false } = sections
  const concerned = ['listen.host', 'listen.tls', 'trustedProxies', 'dangerouslyServePlainHttp']
  if (listen === undefined || !concerned.every(isKnown)) return []
  if (isLoopbackHost(listen.host) || listen.tls || trustedProxies.length > 0 || dangerouslyServePlainHttp) return []
  const message =
    'would serve beyond this machine over plain HTTP, where keys can be read on the way: set `listen.tls`, ' +
    'name the proxy that has TLS in `trustedProxies`, or say `dangerouslyServePlainHttp: true`'
  return [fault(['listen', 'host'], message)]
}

function schemeOfPublicUrl({ publicUrl, listen }: ParsedSections): Fault[] {
  if (!publicUrl?.startsWith('http:') || !listen?.tls) return []
  return [fault(['publicUrl'], 'must use https, since `listen.tls` is set')]
}

function tlsFiles({ listen }: ParsedSections, directory: string): Fault[] {
  if (!listen?.tls) return []
  const path = ['listen', 'tls']
  const faults: Fault[] = []
  const read = <T>(key: 'cert' | 'key', file: string, wanted: string, parse: (pem: Buffer) => T): T | undefined => {
    let pem: Buffer
    try {
      pem = readFileSync(toAbsolute(directory, file))
    } catch (error) {
      faults.push(fault([...path, key], `names a file that cannot be read${reasonOf(error)}`))
      return undefined
    }
    try {
      return parse(pem)
    } catch {
      faults.push(fault([...path, key], `names a file that holds no ${wanted} in PEM`))
      return undefined
    }
  }
  const certificate = read('cert', listen.tls.cert, 'certificate', (pem) => new X509Certificate(pem))
  const key = read('key', listen.tls.key, 'private key without a passphrase', (pem) => createPrivateKey(pem))
  if (certificate && key && !certificate.checkPrivateKey(key)) {
    faults.push(fault([...path, 'key'], 'names a key that does not belong to the certificate'))
  }
  return faults
}

/** In words for the commonest reasons; never the system's own text, which cites the path. */
function reasonOf(error: unknown): string {
  const reasons: Record<string, string> = {
    ENOENT: ': it does not exist',
    EACCES: ': permission denied',
    EISDIR: ': it is a directory',
  }
  return reasons[(error as NodeJS.ErrnoException).code ?? ''] ?? ''
}

function sealingVariable({ sealingKey }: ParsedSections, env: Environment): Fault[] {
  if (!sealingKey || !('env' in sealingKey)) return []
  if (Object.hasOwn(env, sealingKey.env) && env[sealingKey.env]) return []
  return [fault(['sealingKey', 'env'], 'names an environment variable that is not set')]
}

function keyAges({ keys }: ParsedSections, isKnown: IsKnown): Fault[] {
  if (keys === undefined || !isKnown('keys.maxAge')) return []
  const { maxAge, rotateBefore, remindBefore = [] } = keys
  const faults = remindBefore.flatMap((before, index) =>
    before < maxAge ? [] : [fault(['keys', 'remindBefore', index], 'must be shorter than `keys.maxAge`')],
  )
  if (rotateBefore !== undefined && rotateBefore >= maxAge) {
    faults.push(fault(['keys', 'rotateBefore'], 'must be shorter than `keys.maxAge`'))
  }
  return faults
}

/** Scopes that every server knows. */
const OWN_SCOPES = ['mcp:read', 'mcp:write']

function signIn(
  { listen, publicUrl, oauth }: ParsedSections,
  servers: ParsedFile['servers'],
  isKnown: IsKnown,
): Fault[] {
  const signing = [...servers].filter(([, { access }]) => access.includes('oauth') || access.includes('jwt'))
  const faults = [...servers].flatMap(([name, server]) => namedScopes(['servers', name], server))
  const [first] = signing
  if (first !== undefined && listen !== undefined && isKnown('listen.host') && isKnown('publicUrl')) {
    // Tokens are for one address, and clients compare the issuer to the letter: both have to be the same for everybody.
    const isReachedByName = publicUrl !== undefined || isLoopbackHost(listen.host)
    const message = first[1].access.includes('oauth')
      ? 'must be set where people sign in beyond this machine: it names the issuer'
      : 'must be set where tokens count beyond this machine: they are made for it'
    if (!isReachedByName)
      faults.push({ path: ['servers', first[0], 'access'], part: 'value', message: `\`publicUrl\` ${message}` })
  }
  if (oauth !== undefined && isKnown('oauth') && oauth.refreshToken > oauth.grant) {
    faults.push(fault(['oauth', 'refreshToken'], 'must not be longer than `oauth.grant`'))
  }
  return faults
}

/** What is said about scopes, by rules and for those who sign in, speaks of scopes that there are. */
function namedScopes(path: Path, { baseScopes = [], scopeTexts, scopes, rules, access }: ParsedServer): Fault[] {
  if (baseScopes.length > 0 && !access.includes('oauth')) {
    return [fault([...path, 'baseScopes'], 'says what to ask for when signing in; `access` has no `oauth`')]
  }
  const named: [Path, string][] = [
    ...baseScopes.map((scope, index): [Path, string] => [[...path, 'baseScopes', index], scope]),
    ...Object.keys(scopeTexts).map((scope): [Path, string] => [[...path, 'scopeTexts', scope], scope]),
    ...rules.flatMap(({ scopes: asked = [] }, at) =>
      asked.map((scope, index): [Path, string] => [[...path, 'rules', at, 'scopes', index], scope]),
    ),
  ]
  return named.flatMap(([at, scope]) =>
    scopes[scope] !== undefined || OWN_SCOPES.includes(scope)
      ? []
      : [fault(at, 'is no scope of this server; `scopes` names those that are')],
  )
}

function upstream(path: Path, held: ParsedServer['upstream'], directory: string | undefined): Fault[] {
  if ('command' in held) {
    const { cwd } = held
    if (cwd === undefined || directory === undefined || isDirectory(toAbsolute(directory, cwd))) return []
    return [fault([...path, 'cwd'], 'names a directory that does not exist')]
  }
  const seen = new Set<string>()
  const faults: Fault[] = []
  for (const name of Object.keys(held.headers)) {
    const at = [...path, 'headers', name]
    if (seen.has(name.toLowerCase()))
      faults.push(fault(at, 'this header stands here twice; letter case does not count'))
    if (held.forwardHeaders.includes(name.toLowerCase())) {
      faults.push(fault(at, 'is both set here and named in `forwardHeaders`; choose one'))
    }
    seen.add(name.toLowerCase())
  }
  return faults
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
}
