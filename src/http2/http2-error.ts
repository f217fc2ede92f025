import type { ErrorCode } from './frames.ts'

/**
 * The peer broke the protocol so that nothing more of the connection can be understood or trusted: it ends with a GOAWAY
 * of this code [RFC 9113, 5.4.1].
 */
export class ConnectionError extends Error {
  override readonly name = 'ConnectionError'
  readonly code: ErrorCode
  /** For metrics: one word. */
  readonly reason: string

  constructor(code: ErrorCode, reason: string, message: string) {
    super(message)
    this.code = code
    this.reason = reason
  }
}
