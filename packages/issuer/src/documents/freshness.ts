/** Bounds to how long a document counts without being fetched again, in seconds (requirements AS-33). */
const LEAST = 30
const MOST = 24 * 3600
/** Where nothing is said about it. */
const DEFAULT = 300

/** How long a document may be kept: what its headers say (RFC 9111 §5.2, §5.3), within our bounds. Seconds. */
export function freshFor(headers: Readonly<Record<string, string>>, now: number): number {
  return Math.max(LEAST, Math.min(MOST, said(headers, now)))
}

function said(headers: Readonly<Record<string, string>>, now: number): number {
  const control = (headers['cache-control'] ?? '').toLowerCase()
  if (/(^|[,\s])(no-store|no-cache)\b/.test(control)) return LEAST
  const [, seconds] = /(?:^|[,\s])max-age\s*=\s*"?(\d{1,10})/.exec(control) ?? []
  if (seconds !== undefined) return Number(seconds) - (Number.parseInt(headers.age ?? '', 10) || 0)
  const until = Date.parse(headers.expires ?? '')
  if (!Number.isNaN(until)) return Math.floor(until / 1000) - now
  return headers.expires === undefined ? DEFAULT : LEAST // a date that is none has passed (RFC 9111 §5.3)
}
