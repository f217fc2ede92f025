/**
 * Why EMQX's REST API did not do what was asked. `unreachable`: nobody listens, no such host, a broken connection;
 * `timeout`: no answer in time, so a change may have been made; `unauthorized`: the key or its secret is wrong; `forbidden`: the
 * key's role does not allow it; `not-found`; `refused`: EMQX does not take what it was given; `not-emqx`: the answer is
 * none of EMQX's API; `failed`: EMQX has a fault.
 */
export type EmqxApiErrorKind =
  | 'unreachable'
  | 'timeout'
  | 'unauthorized'
  | 'forbidden'
  | 'not-found'
  | 'refused'
  | 'not-emqx'
  | 'failed'

/** Its message is one sentence for an operator, safe to print: no secret, nothing that a terminal would obey. */
export class EmqxApiError extends Error {
  readonly kind: EmqxApiErrorKind

  constructor(kind: EmqxApiErrorKind, message: string) {
    super(message)
    this.name = 'EmqxApiError'
    this.kind = kind
  }
}
