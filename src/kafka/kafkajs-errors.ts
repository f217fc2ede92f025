import { isKafkasWord, kindOfCode } from './error-kinds.ts'
import { HUNG_UP, securityFailure } from './error-security.ts'
import { wordsFor } from './error-words.ts'
import type { FailureKind, KafkaFailure } from './kafka-driver.ts'

/** kafkajs's own errors, where Kafka itself said nothing, by name. Everything else is retried. */
const CLIENT_KINDS: Readonly<Record<string, FailureKind>> = {
  KafkaJSConnectionError: 'connection',
  KafkaJSConnectionClosedError: 'connection',
  KafkaJSNoBrokerAvailableError: 'connection',
  KafkaJSRequestTimeoutError: 'connection',
  KafkaJSServerDoesNotSupportApiKey: 'cluster',
}

interface KafkaJsError {
  readonly name?: string
  readonly message?: string
  /** Kafka's name of the error, on errors that came from a broker. */
  readonly type?: string
  /** Node's, on errors of a connection. */
  readonly code?: unknown
  readonly cause?: unknown
}

/**
 * Sorts whatever kafkajs threw. kafkajs wraps the error that matters, often as non-retriable though it is not, so the
 * chain of causes is searched for Kafka's own code first and for a known error of the client's second.
 */
export function sortKafkaJsError(thrown: unknown): KafkaFailure {
  const chain = causesOf(thrown)
  const fromBroker = chain.find((error) => typeof error.type === 'string' && isKafkasWord(error.type))
  if (fromBroker?.type !== undefined) {
    const { type: code, message } = fromBroker
    return { kind: kindOfCode(code), code, message: wordsFor(code, message) }
  }
  const security = securityFailure(chain)
  if (security !== null) return security
  const login = chain.find(({ name }) => name === 'KafkaJSSASLAuthenticationError')
  if (login !== undefined) return loginFailure(login.message ?? '')
  const fromClient = chain.find((error) => error.name !== undefined && error.name in CLIENT_KINDS)
  const known = fromClient ?? chain.at(-1)
  // kafkajs throws it without a name of its own when a connection went between two of its steps.
  const unconnected = known?.message === 'Broker not connected'
  const hungUp = known?.name === 'KafkaJSConnectionClosedError'
  return {
    kind: unconnected ? 'connection' : (CLIENT_KINDS[known?.name ?? ''] ?? 'retriable'),
    code: known?.name ?? 'Error',
    message: hungUp ? HUNG_UP : (known?.message ?? String(thrown)),
  }
}

/** kafkajs keeps of a refused login only the text of what Kafka said. */
function loginFailure(message: string): KafkaFailure {
  const unknown = /mechanism is not supported by the server$/.test(message)
  const code = unknown ? 'UNSUPPORTED_SASL_MECHANISM' : 'SASL_AUTHENTICATION_FAILED'
  return { kind: kindOfCode(code), code, message: wordsFor(code, message) }
}

function causesOf(thrown: unknown): KafkaJsError[] {
  const chain: KafkaJsError[] = []
  let error = thrown
  // kafkajs sometimes names an error as its own cause.
  while (typeof error === 'object' && error !== null && !chain.includes(error) && chain.length < 10) {
    chain.push(error)
    error = (error as KafkaJsError).cause
  }
  return chain
}
