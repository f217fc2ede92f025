import type { ServiceDefinition } from '@grpc/proto-loader'
import { service } from 'grpc-health-check'
import type { HandleCall } from '../hook-handler.ts'
import { REFUSALS, type Refusal } from '../replies.ts'
import type { LeanMethod } from './lean-method.ts'

const NOT_FOUND: Refusal = { body: null, status: 5, message: 'no such service here' }

/** gRPC's health service, its unary method alone: a client that would watch is told UNIMPLEMENTED, and takes that for well. */
export interface Health {
  readonly path: string
  readonly method: LeanMethod
  setServing(serving: boolean): void
}

export function createHealth(names: readonly string[]): Health {
  const Check = service.Check as ServiceDefinition[string]
  const reply = (status: string) => ({ body: Check.responseSerialize({ status }) })
  const replies = { up: reply('SERVING'), down: reply('NOT_SERVING') }
  let now = replies.down

  const handle: HandleCall = (body, _deadlineMs, answer) => {
    answer(check(body))
    return null
  }

  function check(body: Buffer) {
    let name: string
    try {
      name = (Check.requestDeserialize(body) as { service: string }).service
    } catch {
      return REFUSALS.malformed
    }
    return names.includes(name) ? now : NOT_FOUND
  }

  return {
    path: Check.path,
    method: { handle, refuse: (reason) => REFUSALS[reason] },
    setServing(serving) {
      now = serving ? replies.up : replies.down
    },
  }
}
