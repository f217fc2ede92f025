import type {
  ServerUnaryCall,
  ServiceDefinition,
  sendUnaryData,
  UntypedServiceImplementation,
} from '@grpc/grpc-js'
import { serviceName } from '../events/contract.ts'
import { type ContractVersion, RPCS, type RpcRow } from '../hooks.ts'
import type { GrpcRequests } from './grpc-requests.ts'
import type { HandleCall, HookHandler } from './hook-handler.ts'

/** A service for grpc-js's `addService`, whose requests and replies are Buffers as they came and go. */
export interface ByteService {
  readonly definition: ServiceDefinition
  readonly implementation: UntypedServiceImplementation
}

/** Told when a call began, to come in or to be handled, and when that ended. */
export interface CallsInFlight {
  began(): void
  ended(): void
}

export interface ByteServiceDeps {
  readonly handler: HookHandler
  /** Where the requests are: what grpc-js has of them is empty. */
  readonly requests: GrpcRequests
  readonly inFlight: CallsInFlight
}

const asIs = (bytes: Buffer): Buffer => bytes

/** The RPCs of one version's service. */
export const rowsOf = (version: ContractVersion): readonly RpcRow[] =>
  RPCS.filter((row: RpcRow) => row.only === undefined || row.only === version)

export const pathOf = (version: ContractVersion, row: RpcRow): string => `/${serviceName(version)}/${row.rpc}`

/** The HookProvider service of one version, made from the table: one method for each of its RPCs. */
export function createByteService(version: ContractVersion, deps: ByteServiceDeps): ByteService {
  const rows = rowsOf(version)
  return {
    definition: Object.fromEntries(rows.map((row) => [row.rpc, methodOf(version, row)])),
    implementation: Object.fromEntries(
      rows.map((row) => [row.rpc, unary(deps.handler.rpc(row, version), deps)]),
    ),
  }
}

const methodOf = (version: ContractVersion, row: RpcRow): ServiceDefinition[string] => ({
  path: pathOf(version, row),
  requestStream: false,
  responseStream: false,
  requestSerialize: asIs,
  requestDeserialize: asIs,
  responseSerialize: asIs,
  responseDeserialize: asIs,
})

function unary(handle: HandleCall, { requests, inFlight }: ByteServiceDeps) {
  return (call: ServerUnaryCall<Buffer, Buffer>, callback: sendUnaryData<Buffer>): void => {
    const request = requests.of(call)
    inFlight.began()
    const body = request.take()
    // grpc-js calls handlers also of calls that have been answered.
    if (body === null) {
      inFlight.ended()
      return
    }
    let kept = false
    const letGo = handle(body, deadlineMs(call), (reply) => {
      if (kept) request.release()
      request.answered()
      inFlight.ended()
      if (reply.body !== null) callback(null, reply.body)
      else callback({ code: reply.status, details: reply.message })
    })
    kept = letGo !== null
    if (letGo === null) request.discard()
    else request.keep(letGo)
  }
}

function deadlineMs(call: ServerUnaryCall<Buffer, Buffer>): number {
  const deadline = call.getDeadline()
  return typeof deadline === 'number' ? deadline : deadline.getTime()
}
