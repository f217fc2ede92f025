import { isKafkasWord, kindOfCode } from './error-kinds.ts'
import { HUNG_UP, securityFailure } from './error-security.ts'
import { wordsFor } from './error-words.ts'
import type { FailureKind, KafkaFailure } from './kafka-driver.ts'

/** @platformatic/kafka's own errors, where Kafka itself said nothing, by code. Everything else is retried. */
const CLIENT_KINDS: Readonly<Record<string, FailureKind>> = {
  PLT_KFK_AUTHENTICATION: 'cluster',
  PLT_KFK_UNSUPPORTED_API: 'cluster',
  PLT_KFK_NETWORK: 'connection',
  PLT_KFK_TIMEOUT: 'connection',
  PLT_KFK_UNEXPECTED_CORRELATION_ID: 'connection',
}

interface PlatformaticError {
  readonly name?: string
  readonly code?: string
  readonly message?: string
  /** Kafka's name of the error, on errors that came from a broker. */
  readonly apiId?: string
  readonly cause?: unknown
  readonly errors?: readonly unknown[]
  /** The answer that held the error. */
  readonly response?: { readonly errorMessage?: string | null }
}

/** Kafka said this word, with or without an explanation. */
export function failureOfCode(code: string, message: string): KafkaFailure {
  return { kind: kindOfCode(code), code, message: wordsFor(code, message) }
}

/**
 * Sorts whatever @platformatic/kafka threw. It nests errors as causes and in lists: Kafka's own word is searched for
 * first, in all of them, and the client's own codes second, authentication before the network it failed over.
 */
export function sortPlatformaticError(thrown: unknown): KafkaFailure {
  const all = errorsIn(thrown)
  const fromBroker = all.find(({ apiId }) => typeof apiId === 'string' && isKafkasWord(apiId))
  if (fromBroker?.apiId !== undefined) {
    // The library has words of its own for each code; what the broker said of a refused login hangs on the answer.
    const said = all.find(({ response }) => typeof response?.errorMessage === 'string')?.response
    return failureOfCode(fromBroker.apiId, said?.errorMessage ?? fromBroker.message ?? '')
  }

  const security = securityFailure(all)
  if (security !== null) return security

  for (const code of Object.keys(CLIENT_KINDS)) {
    const fromClient = all.find((error) => error.code === code)
    if (fromClient !== undefined) {
      const kind = CLIENT_KINDS[code] ?? 'retriable'
      return { kind, code: ownName(code), message: messageOf(all, fromClient) }
    }
  }
  const { code, name = 'Error', message = String(thrown) } = all[0] ?? {}
  return { kind: 'retriable', code: code?.startsWith(PREFIX) ? ownName(code) : name, message }
}

const PREFIX = 'PLT_KFK_'

/** `PLT_KFK_NETWORK` is `PlatformaticNetworkError`: only Kafka's own words are written in capitals. */
const ownName = (code: string): string =>
  `Platformatic${code
    .slice(PREFIX.length)
    .toLowerCase()
    .replace(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase())}Error`

/** Where the network is to blame, what the system said of it (`connect ECONNREFUSED …`) belongs to the message. */
function messageOf(all: readonly PlatformaticError[], error: PlatformaticError): string {
  const deepest = all.at(-1)?.message
  const message = error.message ?? ''
  if (message === 'Connection closed' && deepest === message) return HUNG_UP
  return deepest === undefined || deepest === message ? message : `${message} ${deepest}`
}

/** The error, its causes and its parts, outermost first. */
function errorsIn(thrown: unknown): PlatformaticError[] {
  const found: PlatformaticError[] = []
  const next: unknown[] = [thrown]
  while (next.length > 0 && found.length < 50) {
    const error = next.shift()
    if (typeof error !== 'object' || error === null || found.includes(error)) continue
    found.push(error)
    const { cause, errors } = error as PlatformaticError
    if (Array.isArray(errors)) next.push(...errors)
    if (cause !== undefined) next.push(cause)
  }
  return found
}
