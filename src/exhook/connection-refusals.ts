import type { Logger } from 'pino'
import { createRareLog } from '../telemetry/rare-log.ts'
import { escaped } from '../text/quoted.ts'
import { HANDSHAKE_REFUSALS, HANDSHAKE_WORDS } from '../tls/handshake-refusals.ts'

/** Why a connection was not taken, or was cut. */
export const CONNECTION_REFUSALS = [
  ...HANDSHAKE_REFUSALS,
  'too_many',
  'no_greeting',
  'protocol',
  'headers',
  'streams',
  'other_calls',
  'flood',
] as const
export type ConnectionRefusal = (typeof CONNECTION_REFUSALS)[number]

/** For the log. Each ends with what it means, or what to do. */
const WORDS: Readonly<Record<Exclude<ConnectionRefusal, 'closed'>, string>> = {
  ...HANDSHAKE_WORDS,
  too_many:
    'a gRPC connection was closed at once: grpc.max_connections are open; an EMQX node opens pool_size of them',
  no_greeting: 'a gRPC connection was cut: it did not begin to speak HTTP/2 in time',
  protocol: 'a gRPC connection was cut: what came is no HTTP/2, or breaks its rules or limits',
  headers: 'a gRPC connection was cut: a call had larger headers than any gRPC client sends',
  streams:
    'a gRPC connection was cut: too many streams on it neither send a whole call nor take their answer',
  other_calls: 'a gRPC connection was cut: too many of its calls were no hook calls',
  flood: 'a gRPC connection was cut: it sent far more than its hook calls take',
}

/** Each reason is logged at most so often, or whoever floods the port floods the log. */
const LOG_EVERY_MS = 10_000
const MAX_DETAIL = 200

export interface ConnectionRefusalsDeps {
  readonly log: Logger
  readonly onRefused?: ((reason: ConnectionRefusal) => void) | undefined
}

/** Counts a refused connection, and says so now and then. `detail` is what the other side, or a library, says of it. */
export type RefuseConnection = (reason: ConnectionRefusal, peer: string | undefined, detail?: string) => void

export function createConnectionRefusals(deps: ConnectionRefusalsDeps): RefuseConnection {
  const logRarely = createRareLog(deps.log, LOG_EVERY_MS)
  return (reason, peer, detail) => {
    deps.onRefused?.(reason)
    if (reason === 'closed') return
    const fields = {
      reason,
      peer,
      ...(detail !== undefined && { detail: escaped(detail.slice(0, MAX_DETAIL)) }),
    }
    logRarely(reason, 'warn', fields, WORDS[reason])
  }
}
