const MS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const
const BYTES = { B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 } as const

export const DURATION = /^(0|[1-9]\d{0,9})(ms|s|m|h|d)$/
export const SIZE = /^(0|[1-9]\d{0,9})(B|KiB|MiB|GiB)$/

/** @returns Milliseconds, or undefined when the text is not a whole number with one of the units ms, s, m, h, d. */
export function parseDuration(text: string): number | undefined {
  const [, count, unit] = DURATION.exec(text) ?? []
  return unit === undefined ? undefined : Number(count) * MS[unit as keyof typeof MS]
}

/** @returns Bytes, or undefined when the text is not a whole number with one of the units B, KiB, MiB, GiB. */
export function parseSize(text: string): number | undefined {
  const [, count, unit] = SIZE.exec(text) ?? []
  return unit === undefined ? undefined : Number(count) * BYTES[unit as keyof typeof BYTES]
}
