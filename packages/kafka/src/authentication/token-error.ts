/** There is no token, or the brokers do not take it: which variable to look at. */
export class TokenError extends Error {
  /** For logs and metrics: what kind of failure it is. */
  readonly code: TokenFailure

  constructor(code: TokenFailure, message: string, cause?: unknown) {
    super(message, { cause })
    this.name = 'TokenError'
    this.code = code
  }
}

export type TokenFailure =
  'TOKEN_SERVER_AWAY' | 'TOKEN_REFUSED' | 'TOKEN_UNUSABLE' | 'TOKEN_NOT_ACCEPTED'
