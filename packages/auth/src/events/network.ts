/**
 * The network that an address belongs to, for counting: the /24 of an IPv4 address (also one mapped into IPv6), the
 * /64 of an IPv6 address, in CIDR form; undefined for what is neither. By hand, for it runs once per refusal and an
 * attacker chooses how often. Does not check what cannot change the network (the last part of a dotted quad).
 */
export function networkOf(address: string): string | undefined {
  if (!address.includes(':')) return quadNetwork(address)
  const zone = address.indexOf('%')
  const bare = zone === -1 ? address : address.slice(0, zone)
  const groups = expand(bare)
  if (groups === undefined) return undefined
  const isMapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff
  if (isMapped) {
    const [high = 0, low = 0] = groups.slice(6)
    return `${high >> 8}.${high & 255}.${low >> 8}.0/24`
  }
  return `${shorten(groups.slice(0, 4))}/64`
}

const QUAD = /^(25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?:25[0-5]|2[0-4]\d|1?\d?\d)){3}$/

function quadNetwork(address: string): string | undefined {
  if (address.length > 15 || !QUAD.test(address)) return undefined
  return `${address.slice(0, address.lastIndexOf('.'))}.0/24`
}

/** The eight groups of an IPv6 address. */
function expand(address: string): number[] | undefined {
  if (address.length > 45) return undefined
  const halves = address.split('::')
  if (halves.length > 2) return undefined
  const [head, tail] = halves.map((half) => (half === '' ? [] : readGroups(half)))
  if (head === undefined || (halves.length === 2 && tail === undefined)) return undefined
  if (tail === undefined) return head.length === 8 ? head : undefined
  const gap = 8 - head.length - tail.length
  return gap < 1 ? undefined : [...head, ...new Array<number>(gap).fill(0), ...tail]
}

const GROUP = /^[0-9a-fA-F]{1,4}$/

function readGroups(text: string): number[] | undefined {
  const groups: number[] = []
  const parts = text.split(':')
  for (const [index, part] of parts.entries()) {
    if (GROUP.test(part)) groups.push(Number.parseInt(part, 16))
    else if (index === parts.length - 1 && QUAD.test(part)) {
      const [a = 0, b = 0, c = 0, d = 0] = part.split('.').map(Number)
      groups.push(a * 256 + b, c * 256 + d)
    } else return undefined
  }
  return groups
}

/** Four groups and a `::` for the rest, trailing zero groups left to it. */
function shorten(groups: number[]): string {
  let end = groups.length
  while (end > 0 && groups[end - 1] === 0) end--
  return `${groups
    .slice(0, end)
    .map((group) => group.toString(16))
    .join(':')}::`
}
