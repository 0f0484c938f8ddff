/** From which names and pages a gate may be reached: the defence against DNS rebinding and foreign web pages. */
export interface VisitorRules {
  /** Whether a `Host` value is one of ours. Compared whole and without regard to case; nothing is resolved. */
  isOurHost(host: string | undefined): boolean
  /** Whether a page of this `Origin` may call. Absent is fine: then no browser sent it. `null` never is. */
  isAllowedOrigin(origin: string | undefined): boolean
  /** Whether a page of this `Origin` may read the answer (CORS): only origins that were named. */
  isNamedOrigin(origin: string): boolean
}

/**
 * @param hosts Values of `Host` that mean us: `mcp.example.com`, `127.0.0.1:8000`.
 * @param origins Pages that may call from a browser: `https://app.example.com`.
 */
export function visitorRules(hosts: readonly string[], origins: readonly string[]): VisitorRules {
  const ours = new Set(hosts.map((host) => host.toLowerCase()))
  const named = new Set(origins.map((origin) => origin.toLowerCase()).filter((origin) => origin !== 'null'))
  // Our own pages, by whichever of our names and schemes they were reached.
  const own = new Set([...ours].flatMap((host) => [`http://${host}`, `https://${host}`]))
  return {
    isOurHost: (host) => host !== undefined && ours.has(host.toLowerCase()),
    isAllowedOrigin: (origin) =>
      origin === undefined || named.has(origin.toLowerCase()) || own.has(origin.toLowerCase()),
    isNamedOrigin: (origin) => named.has(origin.toLowerCase()),
  }
}
