import { Meter } from '../limits/index.ts'

/** A URL that gave nothing good is left alone for this long, in seconds: errors are not kept, but not asked for either. */
const URL_REST = 30
/** A host whose URLs keep failing is left alone, too: in a minute this many may. */
const HOST_FAILURES = 10
/** How many URLs of one host are asked for in a minute. */
const HOST_FETCHES = 30
const MINUTE = 60

/**
 * Keeps the issuer from being used against others: a bound to how often a host is asked, and a rest after failures
 * (requirements AS-32, AS-33). What is known to be good is asked again whatever else of its host was asked for, so that
 * nobody can shut a client out by asking for its neighbours.
 */
export class Courtesy {
  private readonly urls = new Meter(1, URL_REST)
  private readonly failures = new Meter(HOST_FAILURES, MINUTE)
  private readonly fetches = new Meter(HOST_FETCHES, MINUTE)

  /** @returns seconds until a URL may be asked for; 0: now, and then that is counted. */
  ask(url: string, host: string, isKnown: boolean, now: number): number {
    const rest = this.urls.wait(url, now)
    if (rest > 0 || isKnown) return rest
    return this.failures.wait(host, now) || this.fetches.take(host, now)
  }

  /** Notes that a URL gave nothing good. */
  failed(url: string, host: string, now: number): void {
    this.urls.take(url, now)
    this.failures.take(host, now)
  }
}
