import type { AuthenticationProviderArgs, KafkaConfig, SASLOptions } from 'kafkajs'
import { BEARER_END, bearerMessage, bearerRefusal, type KafkaLogin } from './login.ts'

/**
 * kafkajs's way to log in. OAUTHBEARER is ours: kafkajs 2.2.4 does not look at the broker's answer, in which a refusal stands,
 * takes the login for done and loses the connection with the next request without knowing why. `drop` cuts the connections to a
 * broker, `host:port`.
 */
export function kafkaJsLogin(
  login: KafkaLogin,
  drop: (broker: string) => void,
): NonNullable<KafkaConfig['sasl']> {
  if (login.mechanism !== 'oauthbearer') return { ...login } as SASLOptions
  return {
    mechanism: 'oauthbearer',
    authenticationProvider: ({ saslAuthenticate, host, port }: AuthenticationProviderArgs) => ({
      async authenticate() {
        const token = await login.token().catch((error: unknown) => {
          // The broker has been told that a login comes and takes nothing else on this connection, not even another beginning.
          drop(`${host}:${port}`)
          throw error
        })
        const say = async (text: Buffer) =>
          ((await saslAuthenticate<Buffer>({
            request: { encode: () => withLength(text) },
            response: ANSWER,
          })) ?? null) as Buffer | null
        const refusal = bearerRefusal(await say(bearerMessage(token)))
        if (refusal === null) return
        await say(BEARER_END).catch(() => {}) // the broker's last word says less than the one before
        throw refusal
      },
    }),
  }
}

/** As kafkajs frames the messages of a mechanism. */
function withLength(text: Buffer): Buffer {
  const length = Buffer.alloc(4)
  length.writeInt32BE(text.length)
  return Buffer.concat([length, text])
}

const ANSWER = {
  decode: (framed: Buffer) => framed.subarray(4),
  parse: (answer: Buffer) => answer,
}
