/** Second-level names such as `co` in `co.uk`, under which a country's registry sells names. */
const SHORT = 3

/**
 * The domain that a host name belongs to, about as it is sold: its last two labels, three where the second one is as short
 * as registries' own. Good enough to count by: a list of public suffixes would be right for longer and never complete.
 */
export function domainOf(host: string): string {
  const labels = host.split('.')
  const [second = ''] = labels.slice(-2)
  return labels.slice(second.length <= SHORT ? -3 : -2).join('.')
}
