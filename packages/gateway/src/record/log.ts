/** What this room says to its operator: pino as it is, by structure. */
export interface RecordLog {
  info(detail: object, message: string): void
  warn(detail: object, message: string): void
  error(detail: object, message: string): void
}
