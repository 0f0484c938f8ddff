/**
 * What went wrong with an issuer, for programs:
 * - `unreachable`: no connection, or it broke.
 * - `slow`, `large`: a bound was hit.
 * - `redirect`, `status`: it answered, and not with 200.
 * - `content`: not the JSON that was asked for; HTML, for one.
 * - `metadata`: its metadata names another issuer, or lacks what is needed.
 * - `keys`: its key set is none, or holds more keys than are taken.
 * - `credentials`: it does not know us as one who may ask about tokens.
 * - `busy`: as many questions are under way as may be.
 */
export type IssuerFaultCode =
  | 'unreachable'
  | 'slow'
  | 'large'
  | 'redirect'
  | 'status'
  | 'content'
  | 'metadata'
  | 'keys'
  | 'credentials'
  | 'busy'

/** An issuer does not give what a check needs: nobody knows whether its tokens count, so none does. For operators. */
export class IssuerFault extends Error {
  readonly code: IssuerFaultCode
  /** @param message Names the address that was asked; holds nothing of the token and nothing that the issuer wrote. */
  constructor(code: IssuerFaultCode, message: string, cause?: unknown) {
    super(message, { cause })
    this.name = 'IssuerFault'
    this.code = code
  }
}
