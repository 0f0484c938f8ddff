/** Something that decides whose credential a request brings, as it is asked in process. */
export interface Checker<Request> {
  /** The leanest request that it takes, with this credential. Made beforehand: what it costs is not measured. */
  prepare(credential: string): Request
  /** Whose credential it is; undefined when it is refused. At once where it answers at once. */
  check(request: Request): Found | Promise<Found>
}

export type Found = string | undefined

/** A good credential, and whose it is: what an answer is held against. */
export interface Credential {
  readonly text: string
  readonly subject: string
}

/** A credential that must be refused. */
export interface WrongCredential {
  readonly text: string
  readonly what: string
}
