import type { RemoteIssuerOptions } from '@portcullis/auth/issuers'
import { settleIssuer } from './issuer-options.ts'
import type { Fault } from './issues.ts'
import type { Path } from './problem.ts'
import type { IssuerSettings } from './settings.ts'
import type { ParsedSections, ParsedServer } from './shape.ts'
import { EMBEDDED, type ParsedIssuer } from './shape-issuers.ts'
import { didYouMean } from './suggest.ts'

/** What is wrong with identity providers, and with servers that name them. */
export function findIssuerFaults(
  { issuers = {}, publicUrl }: ParsedSections,
  servers: ReadonlyMap<string, ParsedServer>,
  isKnown: (path: string) => boolean,
): Fault[] {
  const settled = new Map<string, IssuerSettings>()
  const faults: Fault[] = []
  for (const [name, parsed] of Object.entries(issuers)) {
    if (!isKnown(`issuers.${name}`)) continue
    try {
      const issuer = settleIssuer(name, parsed)
      const other = [...settled.values()].find(({ identifier }) => identifier === issuer.identifier)
      settled.set(name, issuer)
      if (other !== undefined) faults.push(fault(['issuers', name], `is the same issuer as \`${other.name}\``))
      if (issuer.identifier === publicUrl) {
        faults.push(fault(['issuers', name], `is the gate itself: servers call the issuer inside it \`${EMBEDDED}\``))
      }
    } catch (error) {
      faults.push(toFault(['issuers', name], parsed, error as TypeError))
    }
  }
  if (!isKnown('issuers')) return faults
  const names = [EMBEDDED, ...Object.keys(issuers)]
  for (const [name, server] of servers) faults.push(...ofServer(['servers', name], server, names, settled))
  return faults
}

function ofServer(
  path: Path,
  { access, issuers, audience }: ParsedServer,
  names: readonly string[],
  settled: ReadonlyMap<string, IssuerSettings>,
): Fault[] {
  const at = [...path, 'issuers']
  const signsIn = access.includes('oauth')
  const takesTokens = signsIn || access.includes('jwt')
  if (!takesTokens) {
    const said = issuers === undefined ? (audience === undefined ? undefined : 'audience') : 'issuers'
    if (said === undefined) return []
    return [fault([...path, said], 'is about access tokens; `access` has neither `oauth` nor `jwt`')]
  }
  if (issuers === undefined) {
    return signsIn ? [] : [fault([...path, 'access'], '`jwt` needs `issuers`: whose tokens count')]
  }
  const faults = issuers.flatMap((name, index) =>
    names.includes(name)
      ? []
      : [
          fault(
            [...at, index],
            `is no issuer of this file; \`issuers\` names those that are${didYouMean(name, names)}`,
          ),
        ],
  )
  if (faults.length > 0) return faults
  if (!signsIn && issuers.includes(EMBEDDED)) {
    return [fault(at, `tokens of \`${EMBEDDED}\` are got by signing in: add \`oauth\` to \`access\``)]
  }
  const secrets = issuers.filter((name) => isShared(settled.get(name)))
  if (signsIn && secrets.length === issuers.length) {
    return [fault(at, 'must name somebody to sign in with: nobody signs in with a shared secret')]
  }
  if (!access.includes('jwt') && secrets.length > 0) {
    return [fault(at, `\`${secrets[0]}\` is a shared secret: add \`jwt\` to \`access\``)]
  }
  const asked = issuers.filter((name) => introspectionOf(settled.get(name)) !== undefined)
  if (asked.length > 1) {
    const both = asked.map((name) => `\`${name}\``).join(' and ')
    return [fault(at, `${both} would be asked about the same tokens: one with \`introspection\` for each server`)]
  }
  return []
}

function isShared(issuer: IssuerSettings | undefined): boolean {
  return issuer !== undefined && 'secret' in issuer.options
}

function introspectionOf(issuer: IssuerSettings | undefined) {
  return (issuer?.options as Partial<RemoteIssuerOptions> | undefined)?.introspection
}

/** The library names the option in front; here its key does. */
function toFault(path: Path, parsed: ParsedIssuer, { message }: TypeError): Fault {
  const [, option, rest] = /^"([\w.]+)" (.*)$/s.exec(message) ?? []
  if (option === undefined || rest === undefined) return fault(path, message)
  const preset = PRESETS.find((each) => parsed[each] !== undefined && Object.hasOwn(parsed[each], option))
  const key = option === 'secret' ? 'sharedSecret' : option
  return fault([...path, ...(preset === undefined ? [] : [preset]), ...key.split('.')], rest)
}

const PRESETS = ['auth0', 'okta', 'entra', 'keycloak'] as const

function fault(path: Path, message: string): Fault {
  return { path, part: 'value', message }
}
