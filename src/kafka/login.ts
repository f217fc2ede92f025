import type { PasswordMechanism } from '../config/config.ts'

/** How to log in to the brokers by SASL. */
export type KafkaLogin =
  | { readonly mechanism: PasswordMechanism; readonly username: string; readonly password: string }
  | {
      readonly mechanism: 'oauthbearer'
      /** A token with life enough for a session. Rejects with a TokenError. */
      readonly token: () => Promise<string>
    }

/**
 * Why there is no token, or what Kafka said of one. The message names the option to look at, and never holds the token or a
 * secret. It comes out of the client libraries as it is, or as a cause, and is known again by its name (`error-security.ts`).
 */
export class TokenError extends Error {
  /** `away`: whoever gives tokens does not answer; `refused`: they will not give one; `rejected`: Kafka takes it not. */
  readonly reason: 'away' | 'refused' | 'rejected'

  constructor(reason: TokenError['reason'], message: string) {
    super(message)
    this.name = 'TokenError'
    this.reason = reason
  }
}

/** The first and only message of the client (RFC 7628, section 3.1; KIP-255 for Kafka). */
export const bearerMessage = (token: string): Buffer =>
  Buffer.from(`n,,\u0001auth=Bearer ${token}\u0001\u0001`)

/** What the client says to a refusal, so that the broker ends the exchange (RFC 7628, section 3.2.3). */
export const BEARER_END = Buffer.from('\u0001')

/** Of what the broker answers to the token: nothing, or a JSON object that says why it refuses it. */
export function bearerRefusal(answer: Buffer | null): TokenError | null {
  if (answer === null || answer.length === 0) return null
  const status = /"status"\s*:\s*"([a-z_]{1,40})"/.exec(answer.toString())?.[1]
  return new TokenError(
    'rejected',
    `Kafka does not take the token${status === undefined ? '' : ` (${status})`}: look at kafka.sasl.oauth.scope, ` +
      'kafka.sasl.oauth.audience and kafka.sasl.oauth.token_url, and at which issuer, audience and keys the brokers expect ' +
      '(with aws-msk-iam: at kafka.sasl.aws.region and the rights of the role)',
  )
}
