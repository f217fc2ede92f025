import {
  type SASLCustomAuthenticator,
  type SASLMechanismValue,
  type SASLOptions,
  saslPlain,
  saslScramSha,
} from '@platformatic/kafka'
import { BEARER_END, bearerMessage, bearerRefusal, type KafkaLogin } from './login.ts'

type Done = Parameters<SASLCustomAuthenticator>[6]

/**
 * @platformatic/kafka's way to log in, for one connection. Its own reaction to a session's end (KIP-368) is taken from it: it would
 * log in anew in the midst of the requests that are under way, and count as closed meanwhile. `onSession` is told the session's life
 * instead, in ms (0: it does not end), and `platformatic-links.ts` goes on over another connection in time. Rejects with a TokenError.
 */
export async function platformaticLogin(
  login: KafkaLogin,
  onSession: (lifeMs: number) => void,
): Promise<SASLOptions> {
  // Before there is a connection: what a broker grants for a login is less than a token may take.
  const token = login.mechanism === 'oauthbearer' ? await login.token() : ''
  return {
    mechanism: login.mechanism.toUpperCase() as SASLMechanismValue,
    authenticate(mechanism, connection, say, _username, _password, _token, callback) {
      const done: Done = (error, answer) => {
        if (error || answer === undefined) return callback(error, answer)
        onSession(Number(answer.sessionLifetimeMs))
        callback(null, { ...answer, sessionLifetimeMs: 0n })
      }
      if (login.mechanism === 'oauthbearer') {
        say(connection, bearerMessage(token), (error, answer) => {
          const refusal = error ? null : bearerRefusal(answer?.authBytes ?? null)
          if (refusal === null) done(error, answer)
          // The broker's last word says less than the one before.
          else say(connection, BEARER_END, () => callback(refusal, answer))
        })
      } else if (login.mechanism === 'plain') {
        saslPlain.authenticate(say, connection, login.username, login.password, done)
      } else {
        const algorithm = mechanism === 'SCRAM-SHA-256' ? 'SHA-256' : 'SHA-512'
        saslScramSha.authenticate(
          say,
          connection,
          algorithm,
          login.username,
          login.password,
          saslScramSha.defaultCrypto,
          done,
        )
      }
    },
  }
}
