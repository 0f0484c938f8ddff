import { lookup, Resolver } from 'node:dns/promises'

/** An address of a name, as Node's resolvers give it. */
export interface Address {
  readonly address: string
  readonly family: number
}

/** In milliseconds; asked again once, for twice as long. */
const TIMEOUT = 600

/**
 * Asks name servers themselves. The system's resolver would hold up one of four threads for as long as a stranger's
 * name server likes, and passwords are hashed on the same threads. Knows no `/etc/hosts`: public names are not there.
 * @param servers `address:port`. Default: those of the system.
 */
export function nameServers(servers?: readonly string[]): (host: string) => Promise<readonly Address[]> {
  const resolver = new Resolver({ timeout: TIMEOUT, tries: 2 })
  if (servers !== undefined) resolver.setServers(servers)
  return async (host) => {
    const [v4, v6] = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)])
    if (v4.status === 'rejected' && v6.status === 'rejected') throw v4.reason
    return [...addressesOf(v4, 4), ...addressesOf(v6, 6)]
  }
}

/** Asks the system, which knows names of this machine, too: for an issuer that is on loopback. */
export function systemNames(host: string): Promise<readonly Address[]> {
  return lookup(host, { all: true, verbatim: true })
}

function addressesOf(found: PromiseSettledResult<readonly string[]>, family: number): readonly Address[] {
  return found.status === 'fulfilled' ? found.value.map((address) => ({ address, family })) : []
}
