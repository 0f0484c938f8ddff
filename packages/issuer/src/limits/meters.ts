import { Meter } from './meter.ts'

/** How many fit into a minute and into an hour. */
export interface Allowance {
  readonly minute: number
  readonly hour: number
}

/** Counts per key in minutes and in hours: so that a rush has room and a steady stream does not. */
export class Meters {
  private readonly meters: readonly Meter[]

  constructor({ minute, hour }: Allowance) {
    this.meters = [new Meter(minute, 60), new Meter(hour, 3600)]
  }

  /** Seconds until there is room for one more; 0 when there is. Counts nothing. */
  wait(key: string, now: number): number {
    return Math.max(...this.meters.map((meter) => meter.wait(key, now)))
  }

  /** Counts one more in each window that has room. */
  count(key: string, now: number): void {
    for (const meter of this.meters) meter.take(key, now)
  }
}
