/** Whose documents count. Patterns are host names, or `*.` and a domain for every name below it. */
export interface DocumentPolicy {
  /** Only these hosts. Absent: every public https host. */
  readonly allow?: readonly string[]
  /** Never these hosts, whatever `allow` says. */
  readonly block?: readonly string[]
}

export interface Trust {
  isAllowed(host: string): boolean
  isBlocked(host: string): boolean
}

const PATTERN = /^(\*\.)?([a-z0-9_]([a-z0-9-]*[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]*[a-z0-9])?$/

/** @throws {TypeError} when a pattern is none. */
export function trustOf({ allow, block = [] }: DocumentPolicy): Trust {
  for (const pattern of [...(allow ?? []), ...block]) {
    if (!PATTERN.test(pattern.toLowerCase())) throw new TypeError(`"${pattern}" is no host name or "*.domain"`)
  }
  return {
    isAllowed: (host) => allow === undefined || allow.some((pattern) => matches(pattern, host)),
    isBlocked: (host) => block.some((pattern) => matches(pattern, host)),
  }
}

function matches(pattern: string, host: string): boolean {
  const wanted = pattern.toLowerCase()
  return wanted.startsWith('*.') ? host.endsWith(wanted.slice(1)) : host === wanted
}
